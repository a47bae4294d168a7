"""Labels from trained models, on a tiny data set."""

import keras
import numpy as np
import pytest

import zoo
from ave_keras import AVEError
from ave_keras.data import AVE
from zoo.training import fit, segment_probabilities
from zoo.training.teaching import taught_labels, teacher_entry

WEAK = {
    "losses": {
        "video": {"loss": "categorical_crossentropy", "target": "video"},
        "segments": {"loss": "categorical_crossentropy", "target": "segments"},
    },
    "teacher": {"count": 1, "weight": 1.0},
}


on_one_backend = pytest.mark.skipif(keras.backend.backend() != "torch", reason="the labels are made in NumPy")


@pytest.fixture(scope="module")
def ave():
    return AVE.synthetic(40, classes=3, visual_shape=(2, 2, 8))


def taught(name, ave, **recipe):
    entry = zoo.entry(name).with_recipe(epochs=2, batch_size=8, **recipe)
    return entry, *taught_labels(entry, ave, 5, fit)


def test_labels_are_the_mixture_of_truth_and_the_mean_teacher(ave):
    entry, rows, labels = taught("a", ave, teacher={"count": 2, "weight": 0.25})
    found = []
    for seed in (6000, 6001):
        plain = entry.with_recipe(teacher=None)
        keras.utils.set_random_seed(seed)
        model = plain.compile(plain.build(**ave.spec))
        fit(plain, model, ave, seed=seed, verbose=0)
        found.append(segment_probabilities(model, ave.dataset(rows, modalities=("audio",), batch_size=8)))
    expected = 0.75 * ave.labels[rows] + 0.25 * np.mean(np.float64(found), axis=0)
    np.testing.assert_allclose(labels, expected, atol=1e-5)
    assert (rows == ave.split("train")).all()


@on_one_backend
def test_weak_students_see_no_labels_of_seconds(ave):
    """The labels of the seconds are made wrong; what the student learns from stays the same."""
    _, rows, labels = taught("w_a", ave, **WEAK)
    own = ave.video_labels[rows][:, None] > 0
    np.testing.assert_allclose(labels.sum(axis=-1), 1, atol=1e-6)
    assert (labels[..., :-1][~np.broadcast_to(own, labels.shape)[..., :-1]] == 0).all()
    assert ((labels[..., -1] > 0) & (labels[..., -1] < 1)).all()
    truth = ave.labels.copy()
    try:
        ave.labels[:] = np.roll(truth, 3, axis=1)
        vars(ave).pop("all_labels", None)
        _, _, again = taught("w_a", ave, **WEAK)
    finally:
        ave.labels[:] = truth
        vars(ave).pop("all_labels", None)
    np.testing.assert_array_equal(again, labels)


def test_a_weak_teacher_learns_from_videos_only():
    entry = zoo.entry("w_a").with_recipe(**WEAK)
    assert list(teacher_entry(entry).recipe.losses) == ["video"]
    assert teacher_entry(entry).recipe.teacher is None


@on_one_backend
def test_training_with_a_teacher(ave):
    entry = zoo.entry("w_a").with_recipe(epochs=1, batch_size=8, **WEAK)
    model = entry.compile(entry.build(**ave.spec))
    history = fit(entry, model, ave, verbose=0).history
    assert np.isfinite(history["segments_loss"][0]) and "val_segments_segment_accuracy" in history


@pytest.mark.parametrize(
    ("name", "recipe", "message"),
    [
        ("a", {"teacher": {"count": 1, "weight": 0.5}, "augment": {"swap": 0.3}}, "augment.*found.*swap"),
        ("a", {"teacher": {"count": 0, "weight": 1.0}}, "teacher.*count"),
        ("a", {"teacher": {"count": 1}}, "teacher"),
        ("a", {"teacher": 5}, "teacher"),
        ("w_a", {"losses": WEAK["losses"]}, "no labels of seconds"),
        ("w_a", {"teacher": WEAK["teacher"]}, "no labels of seconds"),
        ("w_a", {"augment": {"swap": 0.5}}, "augment.*swap_videos"),
        ("cmran", {"teacher": WEAK["teacher"]}, "cannot learn from a teacher"),
    ],
)
def test_invalid_recipes(name, recipe, message):
    with pytest.raises(AVEError, match=f"(?s){message}"):
        zoo.entry(name).with_recipe(**recipe)
