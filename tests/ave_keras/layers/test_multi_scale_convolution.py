import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import MultiScaleConvolution
from tests.kit import check_layer


def derivation(weights, x):
    kernels, biases = weights[::2], weights[1::2]
    total = np.zeros_like(x)
    for kernel, bias in zip(kernels, biases, strict=True):
        reach = len(kernel) // 2
        padded = np.pad(x, ((0, 0), (reach, reach), (0, 0)))
        found = sum(padded[:, k : k + x.shape[1]] @ kernel[k] for k in range(len(kernel)))
        total += np.maximum(found + bias, 0)
    return x + total / len(kernels)


def test_contract(rng):
    x = np.float32(rng.normal(size=(2, 6, 4)))
    check_layer(MultiScaleConvolution((1, 3, 5)), (x,), derivation, weights=(1 + 3 + 5) * 16 + 3 * 4)


def test_invalid_arguments():
    for widths in ((2,), (), (0,), (1.5,), 3, (3, 3), "3"):
        with pytest.raises(AVEError, match="widths"):
            MultiScaleConvolution(widths)
    with pytest.raises(AVEError, match=r"\(B, T, d\)"):
        MultiScaleConvolution()(np.zeros((2, 3), "float32"))
