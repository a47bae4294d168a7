import numpy as np

from ave_keras.layers import ChannelNormalization
from tests.kit import check_layer


def test_contract(rng):
    x = np.float32(rng.normal(size=(2, 5, 4)))
    x[0, 0] = -1
    relu = np.maximum(np.float64(x), 0)
    check_layer(ChannelNormalization(), (x,), lambda _, x: relu / (relu.max(-1, keepdims=True) + 1e-5))
