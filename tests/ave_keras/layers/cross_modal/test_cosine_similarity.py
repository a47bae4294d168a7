import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import CosineSimilarity
from tests.kit import check_layer, functional


def test_contract(rng):
    def derivation(_, x, y):
        return (x * y).sum(-1) / np.linalg.norm(x, axis=-1) / np.linalg.norm(y, axis=-1)

    check_layer(CosineSimilarity(), np.float32(rng.normal(size=(2, 3, 4, 6))), derivation)


def test_zero_vectors_have_a_finite_gradient():
    dense = keras.layers.Dense(3, use_bias=False)
    first, second = keras.Input((4, 6)), keras.Input((4, 3))
    model = keras.Model([first, second], CosineSimilarity()(dense(first), second))
    model.compile(keras.optimizers.SGD(1.0), "mse", jit_compile=False)
    model.train_on_batch([np.zeros((2, 4, 6), "float32"), np.ones((2, 4, 3), "float32")], np.ones((2, 4)))
    assert np.isfinite(dense.get_weights()[0]).all()


def test_the_output_is_float32():
    model = functional(CosineSimilarity(dtype="mixed_float16"), np.ones((2, 1, 4, 6), "float32"))
    assert model.output.dtype == "float32"


def test_invalid_shapes():
    with pytest.raises(AVEError, match="of the same shape"):
        CosineSimilarity().build((2, 4, 6), (2, 4, 7))
