import keras
import numpy as np
import pytest

import zoo
from ave_keras import AVEError
from ave_keras.data import AVE
from ave_keras.models import EventModel

AVE_SMALL = AVE.synthetic(112, classes=4, visual_shape=(2, 2, 4))


@pytest.mark.parametrize(
    ("name", "task", "message"),
    [
        (
            "w_av_att",
            "supervised",
            r"'w_av_att'.*expected labels for the outputs \{video: \(B, 5\)\}, found \{video: \(B, 10, 5\)\}",
        ),
        (
            "w_psp",
            "supervised",
            r"'w_psp'.*expected labels for the outputs \{video: \(B, 5\)\}, found \{video: \(B, 10, 5\)\}.*\.targets",
        ),
        ("av_att", "weak", r"'av_att'.*expected labels for the outputs \(B, 10, 5\), found \{.*video: \(B, 5\)"),
        (
            "psp",
            "weak",
            r"'psp'.*for the outputs \{segments: \(B, 10, 5\), similarity: \(B, 10\)\}, found \{.*video",
        ),
        ("psp", "supervised", r"'psp'.*similarity: \(B, 10\)\}, found \(B, 10, 5\)"),
    ],
)
def test_labels_of_another_task(name, task, message):
    model = zoo.load(name, **AVE_SMALL.spec)
    for method in (model.fit, model.evaluate):
        with pytest.raises(AVEError, match=message):
            method(AVE_SMALL.dataset("val", task=task), verbose=0)


def test_labels_that_keras_accepts():
    x = keras.Input((3,))
    outputs = {name: keras.layers.Dense(2, "softmax", name=name)(x) for name in ("video", "segments")}
    model = EventModel(x, outputs)
    inputs, onehot = np.ones((4, 3)), np.eye(2)[[0, 1, 0, 1]]
    model.compile("sgd", {"video": "sparse_categorical_crossentropy"})
    assert np.isfinite(model.test_on_batch(inputs, {"video": np.zeros(4, int)}))
    model.compile("sgd", {"video": "categorical_crossentropy", "segments": None})
    assert np.isfinite(model.test_on_batch(inputs, onehot))
    model.compile("sgd", "categorical_crossentropy")
    assert np.isfinite(model.test_on_batch(inputs, dict.fromkeys(outputs, onehot))).all()


def test_saved_models_keep_the_class(tmp_path):
    model = zoo.load("w_av", **AVE_SMALL.spec)
    model.save(tmp_path / "model.keras")
    restored = keras.models.load_model(tmp_path / "model.keras")
    assert type(restored) is EventModel
    with pytest.raises(AVEError, match="do not fit 'w_av'"):
        restored.fit(AVE_SMALL.dataset("val"), verbose=0)
