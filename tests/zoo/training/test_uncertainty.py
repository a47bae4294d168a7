import zipfile

import keras
import numpy as np
import pytest

import ave_keras
import zoo
from ave_keras import AVEError
from ave_keras.data import AVE
from ave_keras.localization import known_classes
from ave_keras.metrics import fit_temperature, with_temperature
from ave_keras.models import files
from tests import small
from zoo.sharing.publishing import publish
from zoo.sharing.reading import open_published
from zoo.training import calibrate, segment_probabilities


@pytest.fixture
def ave():
    return AVE.synthetic(400, classes=4, segments=4, audio_dim=6, visual_shape=(3, 2, 8))


def saved(ave, path, scale=3):
    """A model whose answers are right on average, before its logits are multiplied by `scale`."""
    keras.utils.set_random_seed(0)
    model, videos = small.load("av_att"), len(ave.annotations)
    kernel, bias = model.get_layer("logits").get_weights()
    x = {key: ave.features.rows(key).gather(np.arange(videos)) for key in ("audio", "visual")}
    # Random weights hardly tell classes apart; with logits that differ by about 2, the temperature is well determined.
    kernel, bias = (2 / np.log(segment_probabilities(model, x)).std(axis=-1).mean() * part for part in (kernel, bias))
    model.get_layer("logits").set_weights([kernel, bias])
    shares = segment_probabilities(model, x).cumsum(-1)
    drawn = (shares < np.random.default_rng(0).random((videos, 4, 1))).sum(-1)
    ave.labels[:] = np.eye(5)[drawn.clip(0, 4)]
    model.get_layer("logits").set_weights([scale * kernel, scale * bias])
    model.save(path)
    files.write_metadata(path, entry="av_att", protocol="paper", data="made", class_names=list(ave.class_names))
    return model


def test_the_file_gets_a_temperature_and_thresholds(ave, tmp_path):
    path = tmp_path / "model.keras"
    model = saved(ave, path)
    before = files.read_metadata(path)
    found = calibrate(path, ave)
    truth, answers = ave.labels[ave.split("val")].argmax(-1), segment_probabilities(model, ave.dataset("val"))
    assert found.temperature == pytest.approx(fit_temperature(truth, answers), rel=1e-3) and found.notes == ()
    assert 1.5 < found.temperature < 6
    metadata = files.read_metadata(path)
    assert metadata == {**before, "temperature": found.temperature, "unknown": found.thresholds}
    loaded = files.read_model(path)
    for a, b in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    event, calibrated = (truth < 4) & (answers.argmax(-1) < 4), with_temperature(answers, found.temperature)
    for method in ("neighbours", "probability"):
        known = known_classes(path, method)
        marked = known.scores(loaded, ave.dataset("val"), calibrated)[event] > known.threshold + 1e-6
        assert 0 <= marked.mean() <= 0.05
    seconds = known_classes(path).seconds
    assert seconds.dtype == "float16" and len(seconds) == (ave.labels[ave.split("train")][..., -1] == 0).sum()
    # Once more gives the same file, with each member once.
    assert calibrate(path, ave).temperature == pytest.approx(found.temperature)
    names = zipfile.ZipFile(path).namelist()
    assert len({*names}) == len(names) and [p.name for p in tmp_path.iterdir()] == ["model.keras"]


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="no backend matters here")
def test_publishing_carries_them(ave, tmp_path):
    path = tmp_path / "model.keras"
    saved(ave, path)
    found = calibrate(path, ave)
    published = open_published(publish(path, tmp_path / "to", license="mit", ave=ave))
    assert published.manifest["temperature"] == found.temperature
    assert known_classes(published.model).threshold == found.thresholds["neighbours"]
    np.testing.assert_array_equal(known_classes(published.model).seconds, known_classes(path).seconds)


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="no backend matters here")
@pytest.mark.parametrize("name", [name for name in small.ENTRIES if zoo.entry(name).task != "matching"])
def test_every_entry(name, tmp_path):
    ave = AVE.synthetic(60, classes=4, segments=4, audio_dim=6, visual_shape=(3, 2, 8))
    small.load(name).save(tmp_path / "m.keras")
    found = calibrate(tmp_path / "m.keras", ave)
    # SSN decides about windows; an untrained model may find no event.
    ways = {"probability"} if name.startswith("ssn") else {"probability", "neighbours"}
    assert found.thresholds.keys() in (ways, set())


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="no backend matters here")
def test_what_cannot_be_calibrated(ave, tmp_path):
    path = tmp_path / "m.keras"
    small.load("a").save(path)
    size = path.stat().st_size
    other = AVE.synthetic(40, classes=4, segments=4, audio_dim=6, visual_shape=(3, 2, 8))
    other.splits["val"] = other.splits["val"][:0]
    with pytest.raises(AVEError, match=r"empty split .*key 'val'\): expected at least one row, found none\. "):
        calibrate(path, other)
    with pytest.raises(AVEError, match="invalid temperature"):
        files.add_metadata(path, {}, temperature="warm")
        ave_keras.localize(path, path, segments=1)
    files.add_metadata(path, {}, temperature=None)
    with pytest.raises(AVEError, match=r"by neighbours .*found none\. Run ave-keras calibrate"):
        known_classes(path)
    with pytest.raises(AVEError, match="unknown method"):
        known_classes(path, "energy")
    assert size <= path.stat().st_size and small.load("a").count_params() == files.read_model(path).count_params()
    small.load("avdln").save(path)
    with pytest.raises(AVEError, match="has no confidences"):
        calibrate(path, ave)


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="no backend matters here")
def test_a_validation_split_of_background_alone(ave, tmp_path):
    small.load("a").save(tmp_path / "m.keras")
    other = AVE.synthetic(40, classes=4, segments=4, audio_dim=6, visual_shape=(3, 2, 8))
    other.labels[other.splits["val"]] = np.eye(5)[4]
    found = calibrate(tmp_path / "m.keras", other)
    assert found.thresholds == {} and "the model finds no event of the validation split" in found.notes[-1]
    assert "unknown" not in files.read_metadata(tmp_path / "m.keras")
