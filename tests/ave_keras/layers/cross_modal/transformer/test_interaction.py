import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import Interaction
from tests.attention_reference import KEY_BIAS, residual_attention
from tests.kit import check_layer


def test_contract(rng):
    def derivation(weights, x, y):
        return residual_attention(x * y, np.concatenate([y, x], 1), weights)

    inputs = np.float32(rng.normal(size=(2, 2, 4, 6)))
    layer = Interaction(2, dropout=0.0, attention_dropout=0.0)
    check_layer(layer, inputs, derivation, weights=4 * (6 * 6 + 6) + 12, silent=KEY_BIAS)


def test_invalid_inputs():
    with pytest.raises(AVEError, match=r"two inputs \(B, T, d\) of the same shape"):
        Interaction().build((2, 4, 6), (2, 5, 6))
    with pytest.raises(AVEError, match="attention_dropout"):
        Interaction(attention_dropout=-1)
