"""The exported copy of a model gives the same answers."""

import keras
import numpy as np
import pytest

from ave_keras.exporting.portable import computes_in_float32, in_float32, output_names, portable
from tests import small


def lstms(model):
    return [layer.forward_layer for layer in model.layers if isinstance(layer, keras.layers.Bidirectional)]


@pytest.mark.parametrize("unroll", [False, True])
def test_same_answers_by_name(unroll):
    model, (x, _) = small.load("w_av_att"), small.batch("w_av_att")
    copy = portable(model, unroll)
    assert [layer.unroll for layer in lstms(copy)] == [unroll, unroll]
    assert not any(layer.unroll for layer in lstms(model))
    found, expected = small.call(copy, x), small.call(model, x)
    assert found.keys() == expected.keys() == {"video", "segments"}
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=1e-6)


def test_one_answer_has_a_name_too():
    model, (x, _) = small.load("a"), small.batch("a")
    np.testing.assert_allclose(small.call(portable(model), x)["segments"], small.call(model, x), atol=1e-6)


def test_outputs_called_as_inputs():
    model, (x, _) = small.load("dcca"), small.batch("dcca")
    names = output_names(model)
    assert names == {
        "audio": "audio_embedding",
        "distances": "distances",
        "views": "views",
        "visual": "visual_embedding",
    }
    found, expected = small.call(portable(model), x), small.call(model, x)
    for own, name in names.items():
        np.testing.assert_allclose(found[name], expected[own], atol=1e-6)


@pytest.mark.parametrize("name", ["w_av_att", "ssn", "dcca"])
def test_mixed_precision_becomes_float32(name):
    model, (x, _) = small.load(name), small.batch(name)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = small.load(name)
    finally:
        keras.config.set_dtype_policy("float32")
    mixed.set_weights(model.get_weights())
    assert in_float32(model) is model
    assert not computes_in_float32(mixed) and computes_in_float32(portable(mixed))
    for found, expected in zip(small.call(in_float32(mixed), x).values(), small.call(model, x).values(), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)
