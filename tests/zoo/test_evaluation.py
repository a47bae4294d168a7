"""Every entry that localizes is read, scored and localized with by the same functions."""

import keras
import numpy as np
import pytest

import zoo
from ave_keras import AVEError
from ave_keras.data import AVE
from ave_keras.localization.features import second_features
from tests import small
from zoo.evaluation.model import load_model
from zoo.evaluation.segments import score

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="no backend matters here")
LOCALIZING = [name for name in small.ENTRIES if zoo.entry(name).task != "matching"]


@pytest.fixture(scope="module")
def ave():
    return AVE.synthetic(24, classes=4, segments=4, audio_dim=6, visual_shape=(3, 2, 8))


@pytest.mark.parametrize("name", LOCALIZING)
def test_a_saved_model_is_scored(name, ave, tmp_path):
    small.load(name).save(tmp_path / "model.keras")
    result = score(load_model(tmp_path / "model.keras", ave), ave, "test")
    assert result.predicted.shape == result.truth.shape and result.predicted.max() <= 4
    assert result.accuracy == np.mean(result.predicted == result.truth)


@pytest.mark.parametrize("name", [name for name in ("a", "w_av_att", "cpsp") if name in LOCALIZING])
def test_another_number_of_classes(name, tmp_path):
    other = AVE.synthetic(24, classes=5, segments=4, audio_dim=6, visual_shape=(3, 2, 8))
    small.load(name).save(tmp_path / "model.keras")
    with pytest.raises(AVEError, match=r"does not fit synthetic AVE.*expected 6 columns, found 5"):
        load_model(tmp_path / "model.keras", other)


@pytest.mark.parametrize("name", [name for name in LOCALIZING if not name.startswith("ssn")])
def test_features_of_seconds(name):
    model = small.load(name)
    x, _ = small.batch(name)
    features = second_features(model, x)
    assert features.shape[:2] == (3, 4) and features.shape[2] > 1
    # They decide: other sounds and pictures have other features.
    assert np.ptp(second_features(model, {key: 3 * value for key, value in x.items()}) - features) > 0


def test_the_classifier_decides_from_these_features():
    model = small.load("av_att")
    x, _ = small.batch("av_att")
    kernel, bias = model.get_layer("logits").get_weights()
    logits = second_features(model, x) @ kernel + bias
    np.testing.assert_allclose(logits, second_features(model, x, "logits"), atol=1e-5)
    with pytest.raises(AVEError, match="no such layer"):
        second_features(model, x, "none")
    for name in ("avdln", "ssn"):
        with pytest.raises(AVEError, match="no features per second"):
            second_features(small.load(name), small.batch(name)[0])
