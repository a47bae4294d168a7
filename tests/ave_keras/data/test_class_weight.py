"""Training weighted by class, against scikit-learn and losses in NumPy."""

import keras
import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

import zoo
from ave_keras import AVEError
from ave_keras.data import AVE
from ave_keras.data.storage import resident
from tests import small
from zoo.training import train_dataset


@pytest.fixture(scope="module")
def ave():
    """Four classes, of which the training split has 7, 7, 2 and 2 videos."""
    ave = AVE.synthetic(40, classes=4, segments=4, audio_dim=6, visual_shape=(3, 2, 8))
    rows = ave.splits["train"]
    classes = ave.video_labels[rows].argmax(-1)
    ave.splits["train"] = np.concatenate([rows[classes == c][: 7 if c < 2 else 2] for c in range(4)])
    return ave


def balanced(numbers):
    """scikit-learn's weight of every item."""
    present = np.unique(numbers)
    weights = compute_class_weight("balanced", classes=present, y=numbers.ravel())
    return weights[np.searchsorted(present, numbers)]


def test_seconds_are_weighted_as_scikit_learn_does(ave):
    rows = ave.split("train")
    _, y, weights = ave.dataset("train", class_weight="balanced", batch_size=len(rows))[0]
    np.testing.assert_allclose(weights, balanced(ave.labels[rows].argmax(-1)), rtol=1e-6)
    assert weights.shape == y.shape[:2] and weights.dtype == "float32" and weights.mean() == pytest.approx(1)
    # Other splits have the weights of the training split.
    known = dict(zip(y.argmax(-1).ravel(), weights.ravel(), strict=True))
    _, y, weights = ave.dataset("val", class_weight="balanced")[0]
    np.testing.assert_array_equal(weights, np.vectorize(known.get)(y.argmax(-1)).astype("float32"))


def test_videos_are_weighted_by_their_labels(ave):
    rows = ave.split("train")
    _, y, weights = ave.dataset("train", task="weak", class_weight="balanced", batch_size=len(rows))[0]
    np.testing.assert_allclose(weights["video"][:, 0], balanced(y["video"].argmax(-1)), rtol=1e-6)
    assert weights["segments"].shape == y["segments"].shape[:2]
    # A video of two classes has their mean weight.
    maker = ave.dataset("train", task="weak", class_weight={ave.class_names[0]: 3, "Background": 0})._weights
    both = np.float32([[1, 1, 0, 0, 0], [0, 0, 1, 0, 0]])
    np.testing.assert_array_equal(maker(ave.labels[:2], both)["video"], [[2], [1]])
    np.testing.assert_array_equal(maker.of_seconds, [3, 1, 1, 1, 0])


def test_background_clips_count(folder):
    ave = AVE.from_directory(folder)
    _, y, weights = ave.dataset("train", task="weak", background=True, class_weight="balanced", batch_size=99)[0]
    np.testing.assert_allclose(weights["video"][:, 0], balanced(y["video"].argmax(-1)), rtol=1e-6)


def test_outputs_without_a_class_have_the_weight_one(ave):
    entry = zoo.entry("cmbs").with_recipe(batch_size=8, class_weight="balanced")
    _, y, weights = train_dataset(entry, ave)[0]
    assert weights.keys() == y.keys()
    assert {o for o, w in weights.items() if (w == 1).all()} == {"event_logits", "gate", "event", "category"}
    np.testing.assert_array_equal(weights["category_logits"], weights["score_logits"])
    # CPSP learns `fusion` from the labels of seconds, but by comparing videos.
    _, _, weights = train_dataset(zoo.entry("cpsp").with_recipe(batch_size=8, class_weight="balanced"), ave)[0]
    assert (weights["fusion"] == 1).all() and weights["fusion"].shape == (8, 1)


def test_no_weights_by_default(ave):
    assert len(ave.dataset("train")[0]) == 2
    assert "class_weight" not in zoo.entry("a").recipe.to_dict()


def cross_entropy(y, p):
    return -np.sum(y * np.log(p / p.sum(-1, keepdims=True)), axis=-1)


@pytest.mark.parametrize("name", ["a", "w_av_att"])
def test_the_loss_is_weighted_and_the_accuracy_is_not(ave, name):
    model, options = small.load(name), {"modalities": zoo.entry(name).modalities, "task": zoo.entry(name).targets}
    plain, weighted = (ave.dataset("train", batch_size=99, class_weight=w, **options) for w in (None, "balanced"))
    plain, found = (model.evaluate(d, verbose=0, return_dict=True) for d in (plain, weighted))
    x, y, weights = weighted[0]
    p = model.predict(x, verbose=0)
    if name == "a":
        expected = np.mean(weights.astype("float64") * cross_entropy(y, p.astype("float64")))
        right = p.argmax(-1) == y.argmax(-1)
    else:
        expected = np.mean(weights["video"][:, 0] * cross_entropy(y["video"], p["video"].astype("float64")))
        right = p["segments"].argmax(-1) == y["segments"].argmax(-1)
    assert found["loss"] == pytest.approx(expected, rel=1e-5)
    assert abs(found["loss"] - plain["loss"]) > 1e-4
    score = zoo.entry(name).monitor
    assert found[score] == plain[score] == pytest.approx(right.mean())


@pytest.mark.parametrize("name", ["psp", "cmbs"])
def test_several_outputs(ave, name):
    """PSP classifies seconds, CMBS videos by two outputs; no weight changes their other losses."""
    entry, model = zoo.entry(name).with_recipe(class_weight="balanced", batch_size=99), small.load(name)
    x, y, weights = train_dataset(entry, ave)[0]
    p = {o: np.asarray(v, "float64") for o, v in model.predict(x, verbose=0).items()}
    if name == "psp":
        added = np.mean(cross_entropy(y["segments"], p["segments"]) * (weights["segments"] - 1))
    else:
        logits = ("category_logits", "score_logits")
        added = sum(np.mean(cross_entropy(y[o], np.exp(p[o])) * (weights[o][:, 0] - 1)) for o in logits)
    ones = {o: np.ones_like(w) for o, w in weights.items()}
    found = [model.test_on_batch(x, y, w, return_dict=True) for w in (weights, ones)]
    assert abs(added) > 1e-4 and found[0]["loss"] - found[1]["loss"] == pytest.approx(added, abs=1e-6)
    assert found[0][entry.monitor] == pytest.approx(found[1][entry.monitor])


def test_features_in_memory_of_the_gpu(ave):
    """The weights do not depend on where the features are."""
    data = ave.dataset("train", class_weight="balanced", modalities=("audio",), batch_size=8)
    expected = data[0][2]
    if keras.backend.backend() != "tensorflow":
        data._features = {"audio": resident.ResidentRows(ave.features.rows("audio"))}
    np.testing.assert_array_equal(data[0][2], expected)


def test_recipe_trains_with_weights(ave):
    entry = zoo.entry("a").with_recipe(class_weight="balanced", epochs=1, batch_size=8)
    model = small.load("a")
    history = zoo.training.fit(entry, model, ave, verbose=0)
    assert np.isfinite(history.history["loss"]).all() and "val_segment_accuracy" in history.history


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("balance", "class_weight.*balanced"),
        ([1, 2], "class_weight.*balanced"),
        ({"Meow": 2}, "unknown class.*Meow"),
        ({"Background": -1}, "class_weight.Background.*from 0 to"),
        ({"Background": float("nan")}, "class_weight.Background"),
        ({"Background": "2"}, "class_weight.Background"),
        ({"Background": 1e39}, "class_weight.Background.*from 0 to"),
        (np.ones(3), "invalid class weights"),
    ],
)
def test_mistakes(ave, weights, message):
    with pytest.raises(AVEError, match=message):
        ave.dataset("train", class_weight=weights)


def test_not_every_class_has_the_weight_zero(ave):
    with pytest.raises(AVEError, match="every class has the weight 0"):
        ave.dataset("train", class_weight=dict.fromkeys([*ave.class_names, "Background"], 0))


@pytest.mark.parametrize("name", ["ssn", "avdln", "dcca"])
def test_losses_of_a_whole_batch_take_no_weights(name):
    with pytest.raises(AVEError, match="cannot learn with class weights"):
        zoo.entry(name).with_recipe(class_weight="balanced")
