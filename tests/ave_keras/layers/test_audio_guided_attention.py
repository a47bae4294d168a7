import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import AudioGuidedAttention
from tests.kit import check_layer, functional, randomize


def relu(x):
    return np.maximum(x, 0)


def weights_by_equation(weights, audio, visual, audio_axis):
    """Eq. 3-4 as printed, one segment at a time; the columns of v_t are cells."""
    u_a, b_a, u_v, b_v, w_f, w_a, w_v = in_order(weights)
    *leading, height, width, channels = visual.shape
    maps = visual.reshape(-1, height * width, channels)
    sounds = audio.reshape(-1, audio.shape[-1])
    result = np.empty((len(maps), height * width))
    for row, (v_t, a_t) in enumerate(zip(maps, sounds, strict=True)):
        columns = w_v.T @ relu(u_v.T @ v_t.T + b_v[:, None])
        sound = w_a.T @ relu(u_a.T @ a_t + b_a)
        ones = np.ones(height * width)
        columns = columns + (np.outer(sound, ones) if audio_axis == "hidden" else np.outer(ones, sound))
        x = w_f.T @ np.tanh(columns)
        result[row] = np.exp(x[0]) / np.exp(x[0]).sum()
    return result.reshape(*leading, height * width)


def attended_by_equation(weights, audio, visual, audio_axis="hidden"):
    w = weights_by_equation(weights, audio, visual, audio_axis)
    *leading, height, width, channels = visual.shape
    return np.einsum("...k,...kc->...c", w, visual.reshape(*leading, height * width, channels))


def in_order(weights):
    """Reorders the weights: Keras lists the layer's own weight first, then those of its sublayers."""
    w_f, u_a, b_a, u_v, b_v, w_a, w_v = weights
    return u_a, b_a, u_v, b_v, w_f, w_a, w_v


@pytest.fixture
def inputs(rng):
    return np.float32(rng.normal(size=(2, 4, 6))), np.float32(rng.normal(size=(2, 4, 3, 2, 8)))


@pytest.mark.parametrize("audio_axis", ["hidden", "cells"])
def test_contract(inputs, audio_axis):
    layer = AudioGuidedAttention(5, audio_axis=audio_axis)
    count = (6 * 5 + 5) + (8 * 5 + 5) + 2 * 5 * 6 + 6
    check_layer(layer, inputs, lambda w, a, v: attended_by_equation(w, a, v, audio_axis), weights=count)


def test_the_two_audio_axes_differ(inputs):
    layers = [AudioGuidedAttention(5, audio_axis=axis) for axis in ("hidden", "cells")]
    outputs = []
    for layer in layers:
        functional(layer, inputs)
        randomize(layer)
        outputs.append(keras.ops.convert_to_numpy(layer(*inputs)))
    assert np.abs(outputs[0] - outputs[1]).max() > 1e-3


def test_scores_are_a_distribution_over_the_map(inputs):
    layer = AudioGuidedAttention(5)
    attended, scores = layer(*inputs, return_attention_scores=True)
    randomize(layer)
    attended, scores = (keras.ops.convert_to_numpy(x) for x in layer(*inputs, return_attention_scores=True))
    expected = weights_by_equation([np.float64(w) for w in layer.get_weights()], *map(np.float64, inputs), "hidden")
    np.testing.assert_allclose(scores.reshape(2, 4, 6), expected, atol=1e-6)
    np.testing.assert_allclose(scores.sum((-2, -1)), 1, atol=1e-6)
    assert attended.shape == (2, 4, 8)


@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method")
def test_quantized(inputs):
    """The quantization of the inner dense layers takes effect."""
    layer = AudioGuidedAttention(5)
    model = functional(layer, inputs)
    randomize(layer)
    exact = model.predict(list(inputs), verbose=0)
    model.quantize("int8")
    assert layer.visual_score.quantization_mode == "int8"
    np.testing.assert_allclose(model.predict(list(inputs), verbose=0), exact, atol=0.05 * np.abs(exact).max())


def test_released_sizes():
    layer = AudioGuidedAttention()
    layer.build((None, 10, 128), (None, 10, 7, 7, 512))
    assert layer.count_params() == 378_929


@pytest.mark.parametrize(
    ("audio", "visual"),
    [((2, 10, 128), (2, 10, 512)), ((2, 9, 128), (2, 10, 7, 7, 512)), ((2, 10, 128), (2, 10, None, 7, 512))],
)
def test_invalid_shapes(audio, visual):
    with pytest.raises(AVEError, match=r"expected audio \(\.\.\., d_a\).*found audio"):
        AudioGuidedAttention().build(audio, visual)


def test_unknown_axis():
    with pytest.raises(AVEError, match=r"audio_axis.*'hidden', 'cells'.*found rows"):
        AudioGuidedAttention(audio_axis="rows")


def test_mask_of_the_audio_is_passed_on(inputs):
    audio, visual = (keras.Input(x.shape[1:]) for x in inputs)
    masked = AudioGuidedAttention(5)(keras.layers.Masking()(audio), visual)
    assert masked._keras_mask is not None
