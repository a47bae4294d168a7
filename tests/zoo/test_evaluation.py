"""Every entry that localizes is read, scored and localized with by the same functions."""

import keras
import numpy as np
import pytest

import zoo
from ave_keras import AVEError
from ave_keras.data import AVE
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
