import itertools

import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import TemporalSmoothing


def by_enumeration(probabilities, stay):
    """The marginals by summing over every sequence of classes, without recursion."""
    _, seconds, classes = probabilities.shape
    step = stay * np.eye(classes) + (1 - stay) / classes
    found = np.zeros_like(probabilities)
    for states in itertools.product(range(classes), repeat=seconds):
        moves = np.prod([step[a, b] for a, b in itertools.pairwise(states)])
        weight = moves * np.prod([probabilities[:, t, state] for t, state in enumerate(states)], axis=0)
        for t, state in enumerate(states):
            found[:, t, state] += weight
    return found / found.sum(axis=-1, keepdims=True)


@pytest.fixture
def probabilities(rng):
    return np.float32(rng.dirichlet(np.ones(3), size=(2, 5)))


@pytest.mark.parametrize("stay", [0.0, 0.3, 0.95])
def test_contract(probabilities, stay):
    layer = TemporalSmoothing(stay)
    found = keras.ops.convert_to_numpy(layer(probabilities))
    np.testing.assert_allclose(found, by_enumeration(np.float64(probabilities), stay), atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=-1), 1, atol=1e-6)
    if not stay:
        np.testing.assert_allclose(found, probabilities, atol=1e-6)


def test_float32_under_every_policy(probabilities):
    for policy in ("mixed_bfloat16", "mixed_float16", "bfloat16"):
        keras.config.set_dtype_policy(policy)
        try:
            found = TemporalSmoothing(0.9)(probabilities)
        finally:
            keras.config.set_dtype_policy("float32")
        assert keras.backend.standardize_dtype(found.dtype) == "float32"


def test_reload_and_training(probabilities, tmp_path):
    inputs = keras.Input(probabilities.shape[1:])
    model = keras.Model(inputs, TemporalSmoothing(0.8)(inputs))
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded.predict(probabilities, verbose=0), model.predict(probabilities, verbose=0))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model(probabilities, training=True)), probabilities)


def test_long_video_and_zeros():
    long = np.full((1, 400, 29), 1e-3, "float32")
    long[..., 4] = 1 - 28e-3
    found = keras.ops.convert_to_numpy(TemporalSmoothing(0.99)(long))
    assert np.isfinite(found).all() and (found.argmax(-1) == 4).all()
    sure = np.eye(3, dtype="float32")[None]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(TemporalSmoothing(0.9)(sure)), sure, atol=1e-6)


def test_invalid_arguments():
    with pytest.raises(AVEError, match=r"stay.*\[0, 1\).*found 1"):
        TemporalSmoothing(1)
    with pytest.raises(AVEError, match="known T"):
        TemporalSmoothing()(keras.Input((None, 3)))
