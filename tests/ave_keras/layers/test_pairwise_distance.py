import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import PairwiseDistance
from tests.kit import check_layer


def one_by_one(_, x, y):
    """Eq. 9 by loops."""
    found = np.empty((len(x), x.shape[1], y.shape[1]))
    for b in range(len(x)):
        for i, v in enumerate(x[b]):
            for j, a in enumerate(y[b]):
                found[b, i, j] = np.linalg.norm(v - a)
    return np.maximum(found, np.sqrt(1e-7))


def test_contract(rng):
    x, y = np.float32(rng.normal(size=(2, 5, 6))), np.float32(rng.normal(size=(2, 3, 6)))
    y[0, 0] = x[0, 0]
    check_layer(PairwiseDistance(), (x, y), one_by_one)


def test_near_pairs_keep_their_digits():
    """`|x|^2 + |y|^2 - 2 x y` in float32 would answer 0 or 0.06 here."""
    x = np.full((1, 1, 64), 3, "float32")
    y = x + np.float32(2**-10)
    found = keras.ops.convert_to_numpy(PairwiseDistance()(x, y))
    assert found.item() == pytest.approx(8 * 2**-10, rel=1e-6)


def test_equal_vectors_have_a_gradient():
    """The root of zero has none; training goes on from there all the same."""
    inputs = keras.Input((2, 3))
    dense = keras.layers.Dense(4, kernel_initializer="zeros")
    model = keras.Model(inputs, PairwiseDistance()(dense(inputs), dense(inputs)))
    model.compile("sgd", "mse", jit_compile=False)
    model.train_on_batch(np.ones((1, 2, 3)), np.ones((1, 2, 2)))
    assert np.isfinite(dense.get_weights()[0]).all()


def test_what_cannot_be_paired():
    with pytest.raises(AVEError, match=r"of the same d, found x \(2, 5, 6\), y \(2, 5, 7\)"):
        PairwiseDistance().build((2, 5, 6), (2, 5, 7))
