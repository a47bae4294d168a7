import keras
import numpy as np
import pytest

import zoo
from ave_keras import AVEError
from ave_keras.models import localizer
from tests import reference, small

TABLE_1 = [n for n in (*zoo.list(family="supervised"), *zoo.list(family="weak")) if n in small.ENTRIES]


@pytest.mark.parametrize("pooling", ["mean", "max"])
@pytest.mark.parametrize("name", TABLE_1)
def test_equals_the_numpy_derivation(name, pooling):
    entry = zoo.entry(name)
    model = small.load(name, **({"pooling": pooling} if entry.task == "weak" else {}))
    x, _ = small.batch(name)
    logits = reference.localizer(model, x, entry.model["modalities"], entry.model.get("attention"))
    found = small.call(model, x)
    if entry.task == "supervised":
        np.testing.assert_allclose(found, reference.softmax(logits), atol=1e-5)
    else:
        pooled = getattr(logits, pooling)(axis=1)
        np.testing.assert_allclose(found["segments"], reference.softmax(logits), atol=1e-5)
        np.testing.assert_allclose(found["video"], reference.softmax(pooled), atol=1e-5)


def test_inputs_are_only_the_modalities_in_use():
    assert set(small.load("a").input) == {"audio"}
    assert set(small.load("v").input) == {"visual"}
    assert set(small.load("v_att").input) == {"audio", "visual"}


def test_pooled_features():
    model = localizer(visual_shape=(512,), modalities=["audio", "visual"])
    assert model.input["visual"].shape == (None, 10, 512)
    assert model.count_params() == zoo.entry("av").parameters


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("modalities", ("visual", "audio"), "modalities.*expected one of"),
        ("fusion", "concatenate", "fusion.*'concat'"),
        ("stage", "middle", "stage.*'late'"),
        ("supervision", "none", "supervision.*'full', 'weak'"),
        ("pooling", "median", "pooling.*'mean', 'max'"),
        ("visual_shape", (512,), r"visual_shape.*expected \(H, W, d_v\), found \(512,\)"),
        ("visual_shape", (49, 512), "visual_shape"),
        ("segments", 0, "segments.*a whole number, 1 or more, found 0"),
        ("num_classes", 2.0, "num_classes.*found 2.0"),
        ("audio_dim", 0, "audio_dim"),
        ("lstm_units", None, "lstm_units"),
        ("head_units", True, "head_units.*found True"),
    ],
)
def test_invalid_arguments(argument, value, message):
    with pytest.raises(AVEError, match=message):
        localizer(**{"attention": True, "supervision": "weak", argument: value})


OPTIONS = {"audio_dim": 6, "visual_shape": (3, 2, 8), "num_classes": 5, "segments": 4, "attention": True}
OPTIONS |= {"lstm_units": 4, "head_units": 6, "attention_units": 7}


@pytest.mark.parametrize("supervision", ["full", "weak"])
def test_two_heads(rng, supervision):
    """The decision is that of the outputs `event` and `category`."""
    x = {"audio": np.float32(rng.normal(size=(3, 4, 6))), "visual": np.float32(rng.normal(size=(3, 4, 3, 2, 8)))}
    answer = localizer(**OPTIONS, decision="event", supervision=supervision).predict(x, verbose=0)
    classes = 5 if supervision == "weak" else 4
    assert answer["category"].shape == (3, classes) and answer["event"].shape == (3, 4)
    decided = np.where(answer["event"] > 0.5, answer["category"].argmax(axis=-1)[:, None], 4)
    np.testing.assert_array_equal(answer["segments"].argmax(axis=-1), decided)
    assert ("video" in answer) == (supervision == "weak")


def test_gating_scales_by_the_other_modality(rng):
    x = {"audio": np.float32(rng.normal(size=(2, 4, 6))), "visual": np.float32(rng.normal(size=(2, 4, 3, 2, 8)))}
    model = localizer(**OPTIONS, gating=True)
    names = ("lstm_audio", "lstm_visual", "audio_scaling", "visual_scaling")
    parts = keras.Model(model.input, [model.get_layer(name).output for name in names])
    audio, visual, scaled_audio, scaled_visual = map(np.float64, parts.predict(x, verbose=0))

    def gate(name, features):
        kernel, bias = map(np.float64, model.get_layer(name).get_weights())
        return 1 / (1 + np.exp(-(features @ kernel + bias)))

    np.testing.assert_allclose(scaled_audio, audio * (1 + 0.1 * gate("visual_gate", visual)), atol=1e-6)
    np.testing.assert_allclose(scaled_visual, visual * (1 + 0.1 * gate("audio_gate", audio)), atol=1e-6)


def test_scales_and_smoothing_are_off_by_default():
    plain = {type(layer).__name__ for layer in localizer(**OPTIONS).layers}
    assert not plain & {"MultiScaleConvolution", "TemporalSmoothing", "GatedScaling"}
    changed = {type(layer).__name__ for layer in localizer(**OPTIONS, scales=(1, 3), smoothing=0.5).layers}
    assert {"MultiScaleConvolution", "TemporalSmoothing"} <= changed


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"decision": "video"}, "decision"),
        ({"decision": "event", "stage": "decision"}, "decision"),
        ({"decision": "event", "fusion": "dmrfe"}, "decision"),
        ({"gating": True, "stage": "early", "fusion": "gated"}, "stage"),
        ({"scales": (1, 3), "stage": "decision"}, "stage"),
        ({"scales": (2,)}, "widths"),
        ({"smoothing": 2.0}, "stay"),
    ],
)
def test_invalid_options(changes, message):
    with pytest.raises(AVEError, match=message):
        localizer(**{**OPTIONS, **changes})
