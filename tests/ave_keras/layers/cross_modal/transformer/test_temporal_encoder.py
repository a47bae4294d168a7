import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import TemporalEncoder
from tests.attention_reference import KEY_BIAS, feed_forward, residual_attention
from tests.kit import check_layer


def encoded(weights, x):
    x = x @ weights[0] + weights[1]
    for block in (weights[2:18], weights[18:]):
        x = feed_forward(residual_attention(x, x, block[:10]), block[10:])
    return x


def test_contract(rng):
    inputs = (np.float32(rng.normal(size=(2, 4, 5))),)
    block = 4 * (6 * 6 + 6) + 12 + (6 * 9 + 9) + (9 * 6 + 6) + 12
    layer = TemporalEncoder(6, 9, heads=2, dropout=0.0)
    check_layer(layer, inputs, encoded, weights=5 * 6 + 6 + 2 * block, silent=KEY_BIAS)


def test_released_sizes():
    layer = TemporalEncoder(hidden_units=1024)
    layer.build((None, 10, 512))
    assert layer.count_params() == 1_710_848


def test_invalid_arguments():
    with pytest.raises(AVEError, match=r"blocks.*found 0"):
        TemporalEncoder(blocks=0)
    with pytest.raises(AVEError, match=r"heads.*a divisor of the width 256, found 3"):
        TemporalEncoder(heads=3).build((2, 4, 5))
    with pytest.raises(AVEError, match=r"inputs \(B, T, d\)"):
        TemporalEncoder().build((2, 5))
