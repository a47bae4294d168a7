import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import ResidualAttention
from tests.attention_reference import KEY_BIAS, residual_attention
from tests.kit import check_layer


@pytest.mark.parametrize("heads", [1, 2])
def test_contract(rng, heads):
    inputs = np.float32(rng.normal(size=(2, 4, 6))), np.float32(rng.normal(size=(2, 5, 6)))
    layer = ResidualAttention(heads, dropout=0.0, attention_dropout=0.0)
    count = 4 * (6 * 6 + 6) + 12
    check_layer(layer, inputs, lambda w, x, y: residual_attention(x, y, w), weights=count, silent=KEY_BIAS)


def test_heads_must_divide_the_width():
    with pytest.raises(AVEError, match=r"heads.*a divisor of the width 6, found 4"):
        ResidualAttention(4).build((2, 4, 6), (2, 5, 6))
    with pytest.raises(AVEError, match=r"query \(B, T, d\) and memory"):
        ResidualAttention(2).build((2, 4, 6), (2, 5, 8))
    with pytest.raises(AVEError, match=r"heads.*found 2.5"):
        ResidualAttention(2.5)
