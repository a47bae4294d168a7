"""Training and scoring of matching models, and `ave-keras match`."""

import time

import h5py
import keras
import numpy as np
import pytest

import zoo
from ave_keras import AVEError
from ave_keras.data import AVE
from ave_keras.data.synthetic import SyntheticAVE
from ave_keras.matching import linear_cca, match
from tests import small
from zoo.evaluation import matching

RECIPE = {"epochs": 2, "batch_size": 8}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "tiny"
    SyntheticAVE(30, classes=2, segments=6, audio_dim=6, visual_shape=(2, 2, 4)).write(path)
    return path


def trained(name, ave, callbacks=()):
    entry = zoo.entry(name).with_recipe(**RECIPE)
    model = small.load(name, **ave.spec, recipe=RECIPE)
    return model, zoo.training.fit(entry, model, ave, callbacks=callbacks, verbose=0).history


def test_every_epoch_is_scored_on_the_validation_queries(folder):
    ave = AVE.from_directory(folder)
    model, history = trained("avdln", ave)
    found = matching.evaluate(model, ave, "val")
    assert len(history["val_exact_match"]) == 2
    assert history["val_exact_match"][-1] == pytest.approx(found.accuracy)
    assert found.accuracy == pytest.approx((found.metrics["a2v"] + found.metrics["v2a"]) / 2)


def test_projections_are_those_of_the_training_events(folder):
    ave = AVE.from_directory(folder)
    model, _ = trained("dcca", ave)
    rows = ave.split("train_match")
    views = model.predict(ave.dataset("train_match"), verbose=0)["views"]
    audio, visual = np.split(views[ave.labels[rows][..., -1] == 0], 2, axis=-1)
    fitted = linear_cca(audio, visual, 3)
    mean, kernel = model.get_layer("visual_canonical").get_weights()
    np.testing.assert_allclose(mean, fitted.means[1], rtol=1e-5)
    np.testing.assert_allclose(np.abs(kernel), np.abs(fitted.kernels[1] * fitted.correlations), rtol=1e-3, atol=1e-3)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="hundreds of steps; what a step does is the same")
def test_a_model_learns_what_belongs_together():
    """On pairs that a linear map can tell, both models find nearly every query."""
    rng = np.random.default_rng(0)
    ave = AVE.synthetic(120, classes=2, segments=6, audio_dim=8, visual_shape=(1, 1, 8))
    sound = rng.normal(size=(120, 6, 8))
    picture = (sound @ np.linalg.qr(rng.normal(size=(8, 8)))[0])[:, :, None, None]
    ave.features.main.update(audio=(np.float32(sound), "a"), visual=(np.float32(picture), "v"))
    for name, recipe in {"avdln": {"batch_size": 8, "epochs": 12}, "dcca": {"batch_size": 40, "epochs": 1}}.items():
        entry = zoo.entry(name).with_recipe(**recipe)
        options = {"view_units": 8, "components": 8, "hidden_units": (64,)} if name == "dcca" else {}
        model = zoo.load(name, recipe=recipe, **options, **ave.spec)
        zoo.training.fit(entry, model, ave, verbose=0)
        assert matching.evaluate(model, ave, "test").accuracy > 0.9, name


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the time is the model's on the default backend")
def test_402_videos_in_both_directions_take_less_than_two_seconds(shared):
    ave = AVE.from_directory(shared / "ave")
    rng = np.random.default_rng(0)
    sound, picture = rng.random((4143, 10, 128), "float32"), rng.random((4143, 10, 512), "float32")
    ave.features.main.update(audio=(sound, "a"), visual=(picture, "v"))
    model = zoo.load("avdln", visual_shape=(512,))
    # Of the processor, summed over its cores: what others do on the machine does not count.
    start = time.process_time()
    found = matching.evaluate(model, ave, "test")
    assert time.process_time() - start < 2
    assert len(found.queries.rows) == 402


def test_a_data_set_without_these_splits(folder, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / "val_order_match.h5").unlink()
    ave = AVE.from_directory(copy)
    with pytest.raises(AVEError, match=r"no split for cross-modality.*val_order_match\.h5.*found \['test', 'train'\]"):
        trained("avdln", ave)


def test_train_then_evaluate_then_match(call, folder, tmp_path):
    options = ["--data", folder, "--epochs", 1, "--batch-size", 8, "--no-tensorboard"]
    status, out, err = call("train", "avdln", *options, "--out", tmp_path)
    assert status == 0 and "% of exact matches" in out, err
    path = tmp_path / "model.keras"
    status, out, _ = call("evaluate", path, "--data", folder)
    assert status == 0 and "A2V mean IoU" in out and "most frequent start per length" in out

    ave = AVE.from_directory(folder)
    row = int(ave.split("test_match")[0])
    event = ave.annotations[row]
    status, out, err = call("match", path, "--data", folder, "--row", row, "--direction", "v2a")
    assert status == 0, err
    assert f"seconds {event.start} to {event.end - 1} of visual" in out and "the query's own time" in out

    x = {key: ave.features.rows(key).gather(np.array([row]))[0] for key in ("audio", "visual")}
    np.save(tmp_path / "a.npy", x["audio"][1:3])
    files = ["--audio", tmp_path / "a.npy", "--visual", folder / "visual_feature.h5", "--row", row]
    status, out, err = call("match", path, *files)
    assert status == 0, err
    expected = match(keras.models.load_model(path), x["audio"][1:3], x["visual"])
    assert f"seconds 0 to 1 of audio fit visual from second {expected.starts[0]}" in out


def test_match_with_the_released_weights(call, shared, tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((2, 128)))
    np.save(tmp_path / "v.npy", np.zeros((5, 512)))
    weights = shared / "ave" / "avdln_official_keras2.h5"
    status, out, err = call("match", weights, "--audio", tmp_path / "a.npy", "--visual", tmp_path / "v.npy")
    assert status == 0, err
    assert "from second 0, 1, 2, 3; 4 windows tie" in out
    # Swapped, it is the features that do not fit, not the weights.
    status, _, err = call("match", weights, "--audio", tmp_path / "v.npy", "--visual", tmp_path / "a.npy")
    assert status == 2 and "wrong feature shape (key 'audio')" in err


def test_mistakes_end_with_one_line_and_status_2(call, folder, tmp_path):
    small.load("avdln", **AVE.from_directory(folder).spec).save(tmp_path / "m.keras")
    small.load("a").save(tmp_path / "a.keras")
    np.save(tmp_path / "long.npy", np.ones((9, 6)))
    np.save(tmp_path / "nan.npy", np.full((2, 6), np.nan))
    (tmp_path / "text.npy").write_text("no")
    with h5py.File(tmp_path / "none.h5", "w") as file:
        file["other"] = np.ones((2, 6))
    visual = ["--visual", folder / "visual_feature.h5", "--row", 0]
    ave = AVE.from_directory(folder)
    short = next(row for row, a in enumerate(ave.annotations) if a.length < 6)
    cases = [
        (["m.keras"], "expected --audio and --visual, or --data and --row"),
        (["m.keras", "--data", folder], "key '--row'): expected 0 to 29"),
        (["m.keras", "--data", folder, "--row", 99], "expected 0 to 29, found 99"),
        (["m.keras", "--data", folder, "--row", short, "--start", 5, "--length", 2], "expected an end by 6, found 7"),
        (["m.keras", "--data", folder, "--row", 0, "--length", 0], "empty query"),
        (["m.keras", "--data", folder, "--row", 0, "--direction", "up"], "expected one of ('a2v', 'v2a')"),
        (["m.keras", "--audio", tmp_path / "long.npy", *visual], "expected at most 6 seconds, found 9"),
        (["m.keras", "--audio", tmp_path / "nan.npy", *visual], "NaN or infinite (key 'audio')"),
        (["m.keras", "--audio", tmp_path / "text.npy", *visual], "not a NumPy array"),
        (["m.keras", "--audio", tmp_path / "none.h5", *visual], "key not found"),
        (["m.keras", "--audio", tmp_path / "x.csv", *visual], "expected .npy or .h5"),
        (["m.keras", "--audio", folder / "audio_feature.h5", *visual[:2]], "key '--row'): expected 0 to 29"),
        (["a.keras", "--audio", tmp_path / "long.npy", *visual], "is not a matching model"),
        (["none.keras", "--audio", tmp_path / "long.npy", *visual], "model file not found"),
    ]
    for (model, *args), message in cases:
        status, _, err = call("match", tmp_path / model, *args)
        assert status == 2 and message in err and err.strip().count("\n") == 0, (args, err)


def test_a_video_without_an_event(call, folder, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    first, *others = (copy / "Annotations.txt").read_text().splitlines()
    empty = "&".join([*first.split("&")[:3], "0", "0"])
    (copy / "Annotations.txt").write_text("\n".join([empty, *others]))
    (copy / "labels.h5").unlink()
    small.load("avdln", **AVE.from_directory(copy).spec).save(tmp_path / "m.keras")
    options = ["match", tmp_path / "m.keras", "--data", copy, "--row", 0]
    status, _, err = call(*options)
    assert status == 2 and "row 0 is all background" in err and "expected an event. Choose" in err
    assert call(*options, "--start", 1, "--length", 2)[0] == 0


def test_help_teaches(call):
    status, out, _ = call("match", "--help")
    assert status == 0 and "ave-keras match runs/avdln/model.keras --data AVE_DIR --row 12" in " ".join(out.split())
