import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import UnscaledAttention
from tests.attention_reference import KEY_BIAS, attention, cells_of
from tests.kit import check_layer


def test_seconds_attend_to_seconds(rng):
    inputs = np.float32(rng.normal(size=(2, 4, 6))), np.float32(rng.normal(size=(2, 5, 8)))
    count = (6 * 3 + 3) + (8 * 3 + 3) + (8 * 7 + 7)
    check_layer(UnscaledAttention(3, 7), inputs, lambda w, x, y: attention(x, y, w), weights=count, silent=KEY_BIAS)


def test_cells_attend_to_cells(rng):
    def derivation(weights, x):
        return attention(cells_of(x), cells_of(x), weights).reshape(*x.shape[:-1], 7)

    inputs = (np.float32(rng.normal(size=(2, 4, 3, 2, 8))),)
    count = 2 * (8 * 3 + 3) + (8 * 7 + 7)
    check_layer(UnscaledAttention(3, 7, axes=2), inputs, derivation, weights=count, silent=KEY_BIAS)


@pytest.mark.parametrize(
    ("axes", "query", "memory"),
    [(1, (2, 8), None), (2, (2, 4, 8), None), (1, (2, 4, 8), (3, 4, 8)), (1, (2, 4, None), None)],
)
def test_invalid_inputs(axes, query, memory):
    with pytest.raises(AVEError, match=r"query and memory .* same leading axes"):
        UnscaledAttention(axes=axes).build(query, memory)
    with pytest.raises(AVEError, match=r"axes.*\(1, 2\), found 3"):
        UnscaledAttention(axes=3)
