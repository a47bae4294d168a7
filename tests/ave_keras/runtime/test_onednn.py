import keras
import numpy as np
import pytest

from ave_keras.runtime import onednn

torch = pytest.importorskip("torch") if keras.backend.backend() == "torch" else None
on_torch = pytest.mark.skipif(torch is None, reason="PyTorch alone has a slower library for products")


@on_torch
@pytest.mark.parametrize("relu", [True, False])
def test_values_and_gradients(rng, relu):
    maps, kernel, bias, upstream = (rng.normal(size=shape) for shape in ((20, 3, 2, 5), (5, 4), (4,), (20, 3, 2, 4)))
    leaves = [torch.tensor(x, dtype=torch.float32, requires_grad=True) for x in (maps, kernel, bias)]
    found = onednn.convolve(*leaves, relu=relu)
    expected = maps @ kernel + bias
    passed = upstream * (expected > 0) if relu else upstream
    np.testing.assert_allclose(found.detach().numpy(), np.maximum(expected, 0) if relu else expected, atol=1e-5)
    found.backward(torch.tensor(upstream, dtype=torch.float32))
    gradients = passed @ kernel.T, np.einsum("nijd,nijh->dh", maps, passed), passed.sum((0, 1, 2))
    for leaf, gradient in zip(leaves, gradients, strict=True):
        np.testing.assert_allclose(leaf.grad.numpy(), gradient, atol=1e-4)


@on_torch
def test_float32_on_a_cpu_outside_traces():
    x = torch.ones(1, 2, 2, 3)
    available = torch.backends.mkl.is_available() and torch.backends.mkldnn.is_available()
    assert onednn.convolves(x) == available
    assert not onednn.convolves(x.bfloat16()) and not onednn.convolves(x.to("meta"))
    seen = []
    torch.jit.trace(lambda x: (seen.append(onednn.convolves(x)), x + 1)[1], x, check_trace=False)
    assert seen == [False]


@pytest.mark.skipif(torch is not None, reason="on the other backends")
def test_other_backends_use_their_own_products():
    assert not onednn.convolves(keras.ops.ones((1, 2, 2, 3)))
