"""`ave-keras localize`, called as a program calls it; what it computes is tested beside `ave_keras.localization`."""

import json

import keras
import numpy as np
import pytest

from ave_keras.models.files import add_metadata, write_metadata
from tests import small
from tests.ave_keras.features.films import tone, write_film
from tests.ave_keras.localization.test_pipeline import NAMES, SHAPES
from zoo.cli import terminal
from zoo.cli.app import app
from zoo.cli.terminal import run

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a thin shell: one backend is enough")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A film of four seconds with and without sound, a model that knows its classes, and one that does not."""
    pytest.importorskip("av")
    path = tmp_path_factory.mktemp("localize")
    write_film(path / "my dög.mp4", np.arange(20) / 5, sound=tone(4)[None])
    write_film(path / "mute.mp4", np.arange(20) / 5)
    (path / "text.mp4").write_text("not a film")
    small.load("v_att", **SHAPES).save(path / "m.keras")
    write_metadata(path / "m.keras", class_names=NAMES)
    small.load("a", **{**SHAPES, "audio_dim": 128}).save(path / "plain.keras")
    (path / "names.txt").write_text("Bark\n\nFlute\n")
    (path / "Annotations.txt").write_text("Bark&my dög&good&1&3\nCat&other&good&0&4\n")
    return path


@pytest.fixture
def call(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(terminal.console, "_width", 200, raising=False)
    encoders = ("--audio-encoder", "tests.encoders:Sound", "--visual-encoder", "tests.encoders:Sight")

    def call(*args, encoders=encoders):
        with pytest.raises(SystemExit) as stop:
            run(app, ["localize", *map(str, args), *encoders])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return stop.value.code or 0, printed.out, printed.err

    return call


def test_table_and_files(call, folder):
    status, printed, err = call("my dög.mp4", "--model", "m.keras", "--annotations", "Annotations.txt", "--out", "out")
    assert status == 0, err
    assert "of 4 seconds right" in printed and "loudness" in printed
    written = {path.name: path for path in (folder / "out").iterdir()}
    assert set(written) == {f"my dög{suffix}" for suffix in (".json", ".html", ".png", ".attention.png")}
    found = json.loads(written["my dög.json"].read_text())
    assert found["class_names"] == [*NAMES, "Background"]
    assert found["truth"] == ["Background", "Bark", "Bark", "Background"]
    assert np.shape(found["attention"]) == (4, 3, 2) and np.shape(found["probabilities"]) == (4, 3)
    assert "data:video/mp4;base64," in written["my dög.html"].read_text()
    assert written["my dög.png"].read_bytes().startswith(b"\x89PNG")


def test_unknown_events(call, folder):
    """The model of the folder is certain of no class, so that all its events are marked."""
    path = folder / "unknown.keras"
    path.write_bytes((folder / "m.keras").read_bytes())
    add_metadata(path, {}, temperature=2.0, unknown={"probability": 0.01})
    status, printed, err = call("my dög.mp4", "--model", "unknown.keras", "--unknown", "probability", "--out", "marked")
    assert status == 0 and "with temperature 2" in printed, err
    found = json.loads((folder / "marked/my dög.json").read_text())
    assert found["unknown"] == [name != "Background" for name in found["classes"]]
    assert printed.count(", unknown?") == sum(found["unknown"])
    status, _, err = call("my dög.mp4", "--model", "m.keras", "--unknown", "neighbours")
    assert status == 2 and "Run ave-keras calibrate" in err


def test_names_from_a_file_and_an_event_by_hand(call, folder):
    options = ["--classes", "names.txt", "--event", "Meow, purr", 0, 2, "--seconds", 3, "--silent", "--out", "mute"]
    status, _, err = call("mute.mp4", "--model", "m.keras", *options)
    assert status == 0, err
    found = json.loads((folder / "mute/mute.json").read_text())
    assert found["class_names"] == ["Bark", "Flute", "Background"]
    assert found["truth"] == ["Meow, purr", "Meow, purr", "Background"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["none.mp4", "--model", "m.keras"], "video not found"),
        (["text.mp4", "--model", "m.keras"], "unreadable video"),
        (["mute.mp4", "--model", "m.keras"], "no sound"),
        (["mute.mp4", "--model", "m.keras", "--downmix", "sum"], "expected mean, left, right, loudest, found 'sum'"),
        (["mute.mp4", "--model", "none.keras"], "model file not found"),
        (["mute.mp4", "--model", "names.txt"], "not a Keras model"),
        (["my dög.mp4", "--model", "plain.keras"], "(128,), as the model takes"),
        (["mute.mp4", "--model", "m.keras", "--classes", "no.txt"], "file not found"),
        (["mute.mp4", "--model", "m.keras", "--classes", "Annotations.txt", "--annotations", "no"], "file not found"),
        (["mute.mp4", "--model", "m.keras", "--annotations", "Annotations.txt"], "not annotated"),
        (["mute.mp4", "--model", "m.keras", "--event", "Bark", 3, 1], "invalid event"),
        (["my dög.mp4", "--model", "m.keras", "--audio-weights", "x.pt"], "cannot create encoder"),
    ],
)
def test_mistakes(call, args, message):
    status, _, err = call(*args)
    assert status == 2 and message in err


def test_an_unknown_encoder(call):
    status, _, err = call("mute.mp4", "--model", "m.keras", encoders=("--audio-encoder", "vgish"))
    assert status == 2 and "unknown encoder" in err and "vggish" in err


def test_weights_go_to_the_encoder_that_the_model_names(call, folder):
    """An encoder of another package is named by the caller only: a model file must not decide which code is run."""
    for name in ("os:system", "hub:hf://someone/network", "hub:folder/network"):
        small.load("a", **SHAPES).save(folder / "named.keras")
        write_metadata(folder / "named.keras", encoders={"audio": {"encoder": name, "options": {}}})
        status, _, err = call("my dög.mp4", "--model", "named.keras", "--audio-weights", "random", encoders=())
        assert status == 2 and f"audio encoder is not part of AVE-Keras: found {name}" in err


def test_a_model_on_features_of_keras_applications_needs_no_names(call, folder):
    options = {"weights": "random", "size": [32, 32]}
    encoders = {"visual": {"encoder": "applications:MobileNet", "options": options}}
    small.load("v", num_classes=2, segments=10, visual_shape=(1, 1, 1024)).save(folder / "mobile.keras")
    write_metadata(folder / "mobile.keras", encoders=encoders)
    with pytest.warns(UserWarning, match="random weights"):
        status, out, _ = call("my dög.mp4", "--model", "mobile.keras", encoders=())
    assert status == 0 and "visual features: applications:MobileNet" in out
    small.load("v_att", **SHAPES).save(folder / "c3d.keras")
    write_metadata(folder / "c3d.keras", encoders={"visual": {"encoder": "c3d", "options": {}}})
    options = ("--audio-encoder", "tests.encoders:Sound", "--visual-option", "nothing=1")
    status, _, err = call("my dög.mp4", "--model", "c3d.keras", encoders=options)
    assert status == 2 and "cannot create encoder 'c3d'" in err
