"""`ave-keras list | card | train | evaluate | import | export-torch`, called as a program calls them."""

import csv
import gc
import re

import h5py
import pytest

import zoo
from ave_keras.data import AVE
from ave_keras.data.synthetic import SyntheticAVE
from ave_keras.models import files


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "tiny"
    SyntheticAVE(30, classes=2, segments=4, audio_dim=6, visual_shape=(2, 2, 4)).write(path)
    return path


def test_list_and_card(call):
    status, out, _ = call("list", "w_*")
    assert status == 0 and "w_av_att" in out and "66.7" in out and "dmrn" not in out
    assert call("list", "nothing*")[0] == 2
    status, out, _ = call("card", "dmrn_late")
    assert status == 0 and "1,569,102" in out and "73.1" in out
    status, _, err = call("card", "dmrn_lat")
    assert status == 2 and "Nearest: dmrn_late" in err


def test_train_then_evaluate(call, folder, tmp_path):
    pytest.importorskip("tensorboard")
    out = tmp_path / "run"
    # Trained on averaged maps; the file takes maps.
    weights = "--class-weight", "balanced"
    status, printed, err = call(
        "train", "w_v", "--data", folder, "--epochs", 2, "--batch-size", 8, "--out", out, *weights
    )
    assert status == 0, err
    assert "best on validation" in printed
    with (out / "log.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 2 and "val_segments_segment_accuracy" in lines[0]
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")
    (events,) = (out / "tensorboard").iterdir()
    assert events.stat().st_size > 100
    best = max(float(line["val_segments_segment_accuracy"]) for line in lines)
    status, printed, _ = call("evaluate", out / "model.keras", "--data", folder, "--split", "val")
    assert status == 0 and re.search(rf"all +│ +{100 * best:.1f}", printed), printed
    status, printed, _ = call("evaluate", out / "model.keras", "--data", folder)
    assert status == 0 and "always background" in printed and "synthetic 00" in printed
    assert "Where attention looks" not in printed
    assert files.read_metadata(out / "model.keras")["class_names"] == ["synthetic 00", "synthetic 01"]


def test_evaluate_measures_attention_and_draws(call, folder, tmp_path):
    import zoo
    from ave_keras.data import AVE

    zoo.load("av_att", **AVE.from_directory(folder).spec).save(tmp_path / "m.keras")
    status, printed, err = call(
        "evaluate",
        tmp_path / "m.keras",
        "--data",
        folder,
        "--plot",
        tmp_path / "confusion.png",
        "--plot-seconds",
        tmp_path / "s.svg",
    )
    assert status == 0, err
    assert "Where attention looks" in printed and "chance: looking everywhere alike" in printed
    assert (tmp_path / "confusion.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "s.svg").read_bytes()


def test_confidences_are_calibrated(call, folder, tmp_path):
    """`train` stores a temperature, and `evaluate` scores with it; a model without one is as before."""
    status, printed, err = call("train", "a", "--data", folder, "--epochs", 2, "--out", tmp_path, "--no-tensorboard")
    model, plot = tmp_path / "model.keras", tmp_path / "c.png"
    # On so little data, a model may make no mistake.
    stored = "temperature" in files.read_metadata(model)
    message = "calibration error on validation" if stored else "confidences stay as they are: no temperature is best"
    assert status == 0 and message in printed, err
    assert "neighbours" in files.read_metadata(model)["unknown"]
    files.add_metadata(model, files.read_arrays(model), temperature=2.0)
    status, printed, _ = call("evaluate", model, "--data", folder, "--plot-calibration", plot)
    assert status == 0 and "with temperature 2.00" in printed and "negative log-likelihood" in printed
    assert plot.read_bytes().startswith(b"\x89PNG")
    zoo.load("a", **AVE.from_directory(folder).spec).save(model)
    status, printed, _ = call("evaluate", model, "--data", folder)
    assert status == 0 and "without temperature" in printed and "with temperature" not in printed
    assert call("calibrate", model, "--data", folder)[0] == 0


def test_the_test_split_is_scored_as_scikit_learn_does(folder):
    from sklearn.metrics import accuracy_score

    import zoo
    from ave_keras.data import AVE
    from zoo.evaluation.segments import score

    ave = AVE.from_directory(folder)
    model = zoo.load("av", **ave.spec)
    result = score(model, ave, "test")
    truth = ave.labels[ave.split("test")].argmax(-1)
    guess = model.predict(ave.dataset("test"), verbose=0).argmax(-1)
    assert result.accuracy == pytest.approx(accuracy_score(truth.ravel(), guess.ravel()))
    assert sum(count for _, count in result.per_class.values()) == truth.size


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["train", "av_at", "--data", "DATA"], "Nearest: av_att"),
        (["train", "a", "--data", "no/where"], "no/where"),
        (["train", "a", "--data", "DATA", "--epochs", "0"], "key 'epochs'"),
        (["train", "a", "--data", "DATA", "--seed", "-1"], "--seed"),
        (["train", "a", "--data", "DATA", "--protocol", "mine"], "unknown protocol"),
        (["train", "a", "--data", "DATA", "--class-weight", "equal"], "key 'class_weight'"),
        (["train", "a", "--data", "DATA", "--class-weight", "{Meow: 2}"], "unknown class"),
        (["train", "ssn", "--data", "DATA", "--class-weight", "balanced"], "cannot learn with class weights"),
        (["train", "a", "--data", "DATA", "--weights", "none.keras"], "weights file not found"),
        (["evaluate", "none.keras", "--data", "DATA"], "model file not found"),
    ],
)
def test_mistakes(call, folder, tmp_path, monkeypatch, args, message):
    monkeypatch.chdir(tmp_path)
    status, _, err = call(*(folder if arg == "DATA" else arg for arg in args))
    assert status == 2 and message in err


def test_models_that_do_not_fit(call, folder, tmp_path):
    import zoo

    zoo.load("a", segments=4, audio_dim=7, num_classes=3).save(tmp_path / "m.keras")
    status, _, err = call("evaluate", tmp_path / "m.keras", "--data", folder)
    assert status == 2 and "key 'audio'" in err and "(4, 7)" in err and "(4, 6)" in err
    (tmp_path / "broken.keras").write_bytes(b"not a model")
    status, _, err = call("evaluate", tmp_path / "broken.keras", "--data", folder)
    assert status == 2 and "not a Keras model" in err


def test_a_model_of_other_classes(call, folder, tmp_path):
    """As many of them, in another order: every score would be wrong."""
    ave = AVE.from_directory(folder)
    model = zoo.load("a", **ave.spec)
    for names, fits in ((ave.class_names, True), (ave.class_names[::-1], False)):
        model.save(tmp_path / "m.keras")
        files.write_metadata(tmp_path / "m.keras", class_names=list(names))
        status, _, err = call("evaluate", tmp_path / "m.keras", "--data", folder)
        assert (status == 0) is fits and ("key 'class_names'" in err) is not fits


def test_a_training_that_diverges(call, folder, tmp_path):
    status, _, err = call(
        "train", "a", "--data", folder, "--learning-rate", "1e38", "--epochs", 5, "--out", tmp_path, "--no-tensorboard"
    )
    assert status == 2 and "training has diverged" in err and "Traceback" not in err
    assert (tmp_path / "log.csv").exists()
    gc.collect()  # A file left open is reported here.


def test_weights_of_pytorch_and_back(call, tmp_path):
    torch, released = pytest.importorskip("torch"), pytest.importorskip("tests.released")
    module = released.net("av_att", released.RELEASED)
    torch.save(module, tmp_path / "AV_att.pt", _use_new_zipfile_serialization=False)
    status, printed, err = call("import", tmp_path / "AV_att.pt", "--entry", "av_att", "--out", tmp_path / "m.keras")
    assert status == 0, err
    # Lines are broken where they are longer than the terminal.
    assert "1,333,198 parameters" in " ".join(printed.split())
    options = ["export-torch", tmp_path / "m.keras", "--out", tmp_path / "again.pt", "--like", tmp_path / "AV_att.pt"]
    status, printed, err = call(*options)
    assert status == 0, err
    assert "27 arrays" in " ".join(printed.split())
    for name, value in torch.load(tmp_path / "again.pt").items():
        assert torch.equal(value, module.state_dict()[name])
    for args, message in {
        ("import", tmp_path / "m.keras", "--entry", "av_att", "--out", tmp_path / "x.keras"): "ends in",
        ("import", tmp_path / "AV_att.pt", "--entry", "av_att", "--out", tmp_path / "x.h5"): "ends in .keras",
        ("import", tmp_path / "AV_att.pt", "--entry", "dmrn_late", "--out", tmp_path / "x.keras"): "another network",
        ("export-torch", tmp_path / "AV_att.pt", "--out", tmp_path / "x.pt"): "not a Keras model",
    }.items():
        status, _, err = call(*args)
        assert status == 2 and message in err
    assert not list(tmp_path.glob("x.*"))


def test_a_bad_row(call, folder, tmp_path):
    import shutil

    from ave_keras.data import AVE

    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    row = int(AVE.from_directory(folder).split("train")[0])
    with h5py.File(broken / "audio_feature.h5", "r+") as file:
        file["avadataset"][row, 0, 0] = float("inf")
    options = ["train", "a", "--data", broken, "--epochs", 1, "--out", tmp_path / "out", "--no-tensorboard"]
    status, _, err = call(*options)
    assert status == 2 and "audio_feature.h5" in err and f"row {row}" in err and "--skip-bad" in err
    with pytest.warns(UserWarning, match=f"row {row}"):
        assert call(*options, "--skip-bad")[0] == 0
