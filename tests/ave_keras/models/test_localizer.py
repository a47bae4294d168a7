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
