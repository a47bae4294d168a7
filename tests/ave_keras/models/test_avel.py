"""The branches of avel, and what it makes of them."""

import keras
import numpy as np
import pytest

import ave_keras
from ave_keras import AVEError
from ave_keras.models import avel
from tests import small

BRANCHES = ("propagation", "attention", "gates")
SIZES = {"attention_units": 7, "lstm_units": 4, "units": 8, "feed_forward": 9, "heads": 2, "head_units": 6}
SIZES |= {"visual_units": 5, "bottleneck_units": 3, "branches": BRANCHES}
SPEC = {"num_classes": 5, "segments": 4, "audio_dim": 6, "visual_shape": (3, 2, 8)}


def build(**changes):
    return avel(**{**SPEC, **SIZES, **changes})


@pytest.fixture
def x(rng):
    shapes = {"audio": (3, 4, 6), "visual": (3, 4, 3, 2, 8)}
    return {key: np.float32(rng.normal(size=shape)) for key, shape in shapes.items()}


def test_the_answer_is_the_mean_of_the_branches(x):
    answer = small.call(build(), x)
    branches = [np.float64(answer[f"{name}_segments"]) for name in BRANCHES]
    np.testing.assert_allclose(answer["segments"], np.mean(branches, axis=0), atol=1e-6)
    assert len({tuple(branch.round(4).ravel()) for branch in branches}) == 3


def test_weak_videos_are_pooled_by_branch(x):
    model = build(supervision="weak")
    answer = small.call(model, x)
    np.testing.assert_allclose(answer["video"], np.mean([answer[f"{n}_video"] for n in BRANCHES], axis=0), atol=1e-6)
    logits = keras.Model(model.input, [model.get_layer(f"{name}_logits").output for name in BRANCHES])
    for name, scores in zip(BRANCHES, small.call(logits, x), strict=True):
        pooled = np.exp(np.float64(scores).mean(axis=1))
        np.testing.assert_allclose(answer[f"{name}_video"], pooled / pooled.sum(axis=1, keepdims=True), atol=1e-5)


def test_one_branch_is_the_answer(x):
    answer = small.call(build(branches=["gates"]), x)
    assert set(answer) == {"segments", "gates_segments"}
    np.testing.assert_array_equal(answer["segments"], answer["gates_segments"])


def test_gates_by_hand(x):
    model = build(branches=["gates"])
    attended = small.call(keras.Model(model.input, model.get_layer("attention").output[0]), x)
    found = small.call(keras.Model(model.input, model.get_layer("gated").output), x)
    weights = {key: [np.float64(w) for w in model.get_layer(key).get_weights()] for key in LAYERS}
    values = {key: np.float64(part) @ weights[key][0] + weights[key][1] for key, part in _parts(x["audio"], attended)}
    opened = {key: 1 / (1 + np.exp(-values[f"{key}_gate"])) for key in ("visual", "audio")}
    expected = [opened[key] * values[f"{key}_values"] for key in ("visual", "audio")]
    np.testing.assert_allclose(found, np.concatenate(expected, axis=-1), atol=1e-5)


LAYERS = ("visual_gate", "visual_values", "audio_gate", "audio_values")


def _parts(audio, visual):
    """The gate of a modality sees the other one."""
    yield from zip(LAYERS, (audio, visual, visual, audio), strict=True)


def test_the_picture_that_the_sound_selects(x):
    """The dense layer on the cells comes first, then the attention that tests of CMRAN check."""
    model = build(branches=["gates"])
    seen, attend = model.get_layer("visual_features"), model.get_layer("attention")
    kernel, bias = (np.float64(w) for w in seen.get_weights())
    cells = np.maximum(np.float64(x["visual"]) @ kernel + bias, 0)
    found = small.call(keras.Model(model.input, attend.output[0]), x)
    expected = keras.ops.convert_to_numpy(attend(x["audio"], np.float32(cells)))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    guided = build(branches=["gates"], attention="guided")
    assert isinstance(guided.get_layer("attention"), ave_keras.layers.AudioGuidedAttention)
    assert guided.get_layer("attention").output[0].shape == (None, 4, 8)


@pytest.mark.parametrize("attention", ["spatial_channel", "guided"])
def test_attention_maps_and_reload(x, tmp_path, attention):
    model = build(attention=attention)
    maps = ave_keras.attention_maps(model, x)
    assert maps.shape == (3, 4, 3, 2)
    np.testing.assert_allclose(maps.sum(axis=(2, 3)), 1, atol=1e-5)
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(small.call(loaded, x)["segments"], small.call(model, x)["segments"])


def test_any_length_without_positions(x):
    model = build(segments=None, positions=None)
    for seconds in (2, 4):
        part = {key: value[:, :seconds] for key, value in x.items()}
        assert small.call(model, part)["segments"].shape == (3, seconds, 5)
    with pytest.raises(AVEError, match="known T"):
        build(segments=None)


def test_smoothing_changes_the_answer_only(x):
    plain, smooth = build(), build(smoothing=0.9)
    smooth.set_weights(plain.get_weights())
    one, other = small.call(plain, x), small.call(smooth, x)
    np.testing.assert_array_equal(one["gates_segments"], other["gates_segments"])
    assert np.abs(one["segments"] - other["segments"]).max() > 1e-3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"branches": ["gate"]}, "branches.*found 'gate'"),
        ({"branches": []}, "branches"),
        ({"branches": ["gates", "gates"]}, "branches"),
        ({"positions": "absolute"}, "positions"),
        ({"attention": "channel"}, "attention"),
        ({"visual_units": 0}, "visual_units"),
        ({"visual_dropout": 1.0}, "visual_dropout"),
        ({"heads": 3}, "heads.*a divisor of the width 8"),
        ({"dropout": 1.0}, "dropout"),
        ({"supervision": "none"}, "supervision"),
        ({"smoothing": 1.0}, "stay"),
    ],
)
def test_invalid_arguments(changes, message):
    with pytest.raises(AVEError, match=message):
        build(**changes)
