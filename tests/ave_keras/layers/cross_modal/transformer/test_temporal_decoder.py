import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import TemporalDecoder
from tests.attention_reference import KEY_BIAS, feed_forward, residual_attention
from tests.kit import check_layer


def decoded(weights, x, memory):
    x = x @ weights[0] + weights[1]
    x = residual_attention(x, np.concatenate([memory, x], 1), weights[2:12])
    return feed_forward(x, weights[12:])


def test_contract(rng):
    inputs = np.float32(rng.normal(size=(2, 4, 5))), np.float32(rng.normal(size=(2, 3, 6)))
    count = (5 * 6 + 6) + 4 * (6 * 6 + 6) + 12 + (6 * 9 + 9) + (9 * 6 + 6) + 12
    check_layer(TemporalDecoder(6, 9, heads=2, dropout=0.0), inputs, decoded, weights=count, silent=KEY_BIAS)


def test_invalid_inputs():
    with pytest.raises(AVEError, match=r"memory \(B, S, 256\)"):
        TemporalDecoder().build((2, 10, 128), (2, 10, 128))
    with pytest.raises(AVEError, match="hidden_units"):
        TemporalDecoder(hidden_units=None)
