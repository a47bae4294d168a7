import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import PairwiseDistance
from tests.kit import check_layer


def one_by_one(_, x, y):
    """Eq. 9 with loops."""
    distances = np.empty((len(x), x.shape[1], y.shape[1]))
    for b in range(len(x)):
        for i, v in enumerate(x[b]):
            for j, a in enumerate(y[b]):
                distances[b, i, j] = np.linalg.norm(v - a)
    return np.maximum(distances, np.sqrt(1e-7))


def test_contract(rng):
    x, y = np.float32(rng.normal(size=(2, 5, 6))), np.float32(rng.normal(size=(2, 3, 6)))
    y[0, 0] = x[0, 0]
    check_layer(PairwiseDistance(), (x, y), one_by_one)


def test_small_distances_are_exact():
    """`|x|^2 + |y|^2 - 2 x y` in float32 would give 0 or 0.06."""
    x = np.full((1, 1, 64), 3, "float32")
    y = x + np.float32(2**-10)
    found = keras.ops.convert_to_numpy(PairwiseDistance()(x, y))
    assert found.item() == pytest.approx(8 * 2**-10, rel=1e-6)


def test_equal_vectors_have_a_finite_gradient():
    """The root has no gradient at zero, but training must continue."""
    inputs = keras.Input((2, 3))
    dense = keras.layers.Dense(4, kernel_initializer="zeros")
    model = keras.Model(inputs, PairwiseDistance()(dense(inputs), dense(inputs)))
    model.compile("sgd", "mse", jit_compile=False)
    model.train_on_batch(np.ones((1, 2, 3)), np.ones((1, 2, 2)))
    assert np.isfinite(dense.get_weights()[0]).all()


def test_invalid_shapes():
    with pytest.raises(AVEError, match=r"with the same d, found x \(2, 5, 6\), y \(2, 5, 7\)"):
        PairwiseDistance().build((2, 5, 6), (2, 5, 7))
