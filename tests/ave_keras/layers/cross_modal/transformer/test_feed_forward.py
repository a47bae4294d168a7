import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import FeedForward
from tests.attention_reference import feed_forward
from tests.kit import check_layer


def test_contract(rng):
    inputs = (np.float32(rng.normal(size=(2, 4, 6))),)
    count = (6 * 9 + 9) + (9 * 6 + 6) + 12
    check_layer(FeedForward(9, dropout=0.0), inputs, lambda w, x: feed_forward(x, w), weights=count)


def test_invalid_arguments():
    with pytest.raises(AVEError, match="dropout"):
        FeedForward(dropout=1.5)
    with pytest.raises(AVEError, match="a known d"):
        FeedForward().build((2, 4, None))
