import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import ContrastiveBranch
from tests.kit import check_layer, check_reload, functional
from tests.reference import relu


@keras.saving.register_keras_serializable(package="tests")
class Outputs(ContrastiveBranch):
    """The three outputs side by side, because `check_layer` wants one."""

    def call(self, inputs, noise=None, training=False):
        return keras.ops.concatenate([keras.ops.cast(x, "float32") for x in super().call(inputs, noise, training)], -1)

    def compute_output_spec(self, inputs, noise=None, training=False):
        return keras.KerasTensor((*inputs.shape[:-1], 3 * inputs.shape[-1]), dtype="float32")

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 3 * input_shape[-1])


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12)


def branched(weights, x, noise=0.0, strength=0.6):
    switch, w, b = weights
    query, key = relu(x @ w + b), relu((x + noise) @ w + b)
    return np.concatenate([x + switch * strength * query, unit(query), unit(key)], -1)


@pytest.fixture
def x(rng):
    return np.float32(rng.normal(size=(2, 4, 6)))


def test_contract_without_noise(x):
    layer = Outputs(0.6, noise=0.0)
    check_layer(layer, (x,), branched, weights=6 * 6 + 6 + 1, trains=False)


def test_given_noise(x, rng):
    noise = np.float32(rng.normal(size=x.shape))
    layer = Outputs()
    found = keras.ops.convert_to_numpy(layer(x, noise=noise))
    weights = [np.float64(w) for w in layer.get_weights()]
    np.testing.assert_allclose(found, branched(weights, np.float64(x), noise), atol=1e-5)
    assert np.abs(found[..., 6:12] - found[..., 12:]).max() > 1e-3


def test_noise_is_for_training_only_and_reproducible(x):
    def keys(training):
        keras.utils.set_random_seed(3)
        layer = ContrastiveBranch(seed=5)
        return [keras.ops.convert_to_numpy(layer(x, training=training)[2]) for _ in range(2)]

    first, second = keys(False)
    np.testing.assert_array_equal(first, second)
    first, second = keys(True)
    assert np.abs(first - second).max() > 1e-3
    np.testing.assert_array_equal(first, keys(True)[0])


def test_the_switch_is_saved_and_not_trained(x):
    layer = ContrastiveBranch(name="branch")
    model = functional(layer, (x,))
    assert [float(w.numpy()) if hasattr(w, "numpy") else float(w) for w in layer.non_trainable_weights] == [1.0]
    assert len(layer.trainable_weights) == 2
    layer.switch.assign(0.0)
    joint, query, key = model.predict(x, verbose=0)
    np.testing.assert_array_equal(joint, x)
    np.testing.assert_array_equal(query, key)
    single = keras.Model(model.inputs, model.output[0])
    check_reload(single, x, joint)


def test_zero_queries_have_finite_gradients(x):
    layer = Outputs()
    model = functional(layer, (x,))
    model.compile(keras.optimizers.SGD(1.0), "mse", jit_compile=False)
    model.train_on_batch(0 * x, np.ones((2, 4, 18), "float32"))
    assert all(np.isfinite(w).all() for w in layer.get_weights())


def test_invalid_arguments():
    with pytest.raises(AVEError, match=r"strength.*a finite number"):
        ContrastiveBranch(None)
    with pytest.raises(AVEError, match="a known d"):
        ContrastiveBranch().build((2, None))
