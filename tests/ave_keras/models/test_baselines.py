import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.models import ed_tcn, ssn
from tests import small
from tests.reference import softmax


def convolve(x, kernel, bias):
    """`same` convolution along time, (B, T, C) with (k, C, F)."""
    k, t = len(kernel), x.shape[1]
    left = (k - 1) // 2
    padded = np.pad(x, ((0, 0), (left, k - 1 - left), (0, 0)))
    return sum(padded[:, i : i + t] @ kernel[i] for i in range(k)) + bias


def normalized(x):
    x = np.maximum(x, 0)
    return x / (x.max(-1, keepdims=True) + 1e-5)


@pytest.mark.parametrize("segments", [4, 7, 10])
def test_ed_tcn_equals_the_derivation(segments):
    model = small.load("ed_tcn", segments=segments)
    x, _ = small.batch("ed_tcn", segments=segments)

    def weights(name):
        return [np.float64(w) for w in model.get_layer(name).get_weights()]

    h = np.float64(x["visual"]).mean((2, 3))
    h = np.pad(h, ((0, 0), (0, -segments % 4), (0, 0)))
    for i in (0, 1):
        h = normalized(convolve(h, *weights(f"encoder_{i}")))
        h = np.maximum(h[:, ::2], h[:, 1::2])
    for i in (0, 1):
        h = normalized(convolve(np.repeat(h, 2, axis=1), *weights(f"decoder_{i}")))
    kernel, bias = weights("logits")
    np.testing.assert_allclose(small.call(model, x), softmax(h @ kernel + bias)[:, :segments], atol=1e-5)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: ed_tcn(segments=3), r"ED-TCN.*'segments'.*4 seconds or more.*found 3.*filters=\(64,\)"),
        (lambda: ed_tcn(modalities=("text",)), r"ED-TCN.*'modalities'.*found \('text',\)"),
        (lambda: ed_tcn(segments=None), "ED-TCN.*'segments'.*a whole number, 1 or more, found None"),
        (lambda: ed_tcn(segments="10"), "ED-TCN.*'segments'.*found '10'"),
        (lambda: ed_tcn(kernel_size=0), "ED-TCN.*'kernel_size'.*found 0"),
        (lambda: ssn(segments=10.5), "SSN.*'segments'.*found 10.5"),
        (lambda: ssn(num_classes=0), "SSN.*'num_classes'.*found 0"),
        (lambda: ssn(segments=1), r"SSN.*'segments'.*2 seconds or more.*found 1"),
        (lambda: ssn(visual_shape=(49, 512)), r"SSN.*'visual_shape'.*\(H, W, d_v\)"),
    ],
)
def test_invalid_arguments(build, message):
    with pytest.raises(AVEError, match=message):
        build()
