"""`ave-keras publish`, and the commands that read what it writes."""

import json

import keras
import numpy as np
import pytest

from ave_keras.data.synthetic import SyntheticAVE
from ave_keras.models.files import read_metadata

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="a thin shell: one backend is enough")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "tiny"
    SyntheticAVE(30, classes=2, segments=4, audio_dim=6, visual_shape=(2, 2, 4)).write(path)
    return path


def test_train_publish_and_use(call, data, tmp_path):
    run, to = tmp_path / "run", tmp_path / "published"
    assert (
        call("train", "a", "--data", data, "--epochs", 1, "--out", run, "--no-tensorboard", "--batch-size", 8)[0] == 0
    )
    trained = read_metadata(run / "model.keras")
    assert (trained["recipe"]["epochs"], trained["recipe"]["batch_size"], trained["seed"]) == (1, 8, 0)
    publish = ("publish", run, "--to", to, "--license", "cc-by-4.0")

    status, _, err = call(*publish)
    assert (status, err.count("\n")) == (2, 1) and "no score on the test split" in err and "--data DIR" in err
    assert not to.exists()
    status, _, err = call("evaluate", run / "model.keras", "--data", data, "--split", "val", "--store")
    assert status == 2 and "cannot be stored" in err
    status, out, err = call("evaluate", run / "model.keras", "--data", data, "--store")
    assert status == 0 and "stored:" in out, err
    status, out, err = call(*publish)
    assert status == 0, err
    assert "on the test split of synthetic AVE (not the AVE data set)" in out and "always background" in out
    assert call(*publish)[0] == 2
    status, again, err = call(*publish, "--data", data, "--force")
    assert status == 0 and again == out, err
    assert call("publish", run, "--to", to)[0] == 2  # A licence is required.

    status, out, err = call("evaluate", to, "--data", data)
    assert status == 0 and "always background" in out, err
    options = ("--data", data, "--epochs", 1, "--no-tensorboard", "--batch-size", 8)
    for option, entry in (("--weights", "a"), ("--init-from", "av")):
        status, _, err = call("train", entry, option, to, "--out", tmp_path / entry, *options)
        assert status == 0, err
        assert read_metadata(tmp_path / entry / "model.keras")["started_from"] == "published"
    content = bytearray((to / "model.keras").read_bytes())
    content[1000] ^= 1
    (to / "model.keras").write_bytes(content)
    status, _, err = call("evaluate", to, "--data", data)
    assert (status, err.count("\n")) == (2, 1) and "not the published one" in err and "model.keras" in err


def test_localize_without_a_model(call, tmp_path):
    pytest.importorskip("av")
    from tests.ave_keras.features.films import tone, write_film

    film = tmp_path / "film.mp4"
    write_film(film, np.arange(20) / 5, sound=tone(4)[None])
    status, out, err = call("localize", film, "--out", tmp_path / "out")
    assert status == 0, err
    assert "the weights made-films of AVE-Keras know made films only" in out and "logmel" in out
    assert "on the test split of made films (not the AVE data set): 92.7 %" in out
    found = json.loads((tmp_path / "out/film.json").read_text())
    assert "the model was trained on made films" in found["notes"] and "Drum" in found["class_names"]
    assert "know made films only" in (tmp_path / "out/film.html").read_text()
    status, _, err = call("localize", film, "--audio-encoder", "vggish")
    assert status == 2 and "the default model has its own encoders" in err
    status, _, err = call("localize", film, "--model", "mad-films")
    assert status == 2 and "Nearest: made-films" in err
    status, _, err = call("localize", film, "--model", tmp_path)
    assert status == 2 and "not a published model" in err
