import warnings

import keras
import numpy as np
import pytest

from ave_keras import AVEError
from tests.ave_keras.features.films import tone, write_film

pytest.importorskip("av")

from ave_keras.features import read_audio

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the same on every backend")


def written(tmp_path, *channels):
    return write_film(tmp_path / "sound.wav", sound=np.float32(channels))


@pytest.mark.parametrize(("downmix", "expected"), [("mean", 0.1), ("left", 0.4), ("right", -0.2), ("loudest", 0.4)])
def test_two_channels_become_one(tmp_path, downmix, expected):
    path = written(tmp_path, 0.8 * tone(1), -0.4 * tone(1))
    np.testing.assert_allclose(read_audio(path, 1, downmix=downmix), 2 * expected * tone(1), atol=1e-6)


@pytest.mark.parametrize("downmix", ["mean", "left", "right", "loudest"])
def test_a_single_channel_stays(tmp_path, downmix):
    path = written(tmp_path, tone(1))
    np.testing.assert_allclose(read_audio(path, 1, downmix=downmix), tone(1), atol=1e-6)


def test_the_loudest_channel_is_that_of_the_seconds_read(tmp_path):
    """The left channel is louder in the second second only."""
    path = written(tmp_path, np.concatenate([0 * tone(1), tone(1)]), np.concatenate([0.5 * tone(1), 0 * tone(1)]))
    assert read_audio(path, 1, downmix="loudest").std() == pytest.approx(0.5 * tone(1).std(), rel=1e-3)
    assert not read_audio(path, 2, downmix="loudest")[:16000].any()


@pytest.mark.parametrize(
    ("correlation", "warned"), [(-1.0, True), (-0.95, True), (-0.85, False), (0.0, False), (1.0, False)]
)
def test_channels_that_cancel_out(tmp_path, rng, correlation, warned):
    left, other = rng.standard_normal((2, 16000)) / 10
    path = written(tmp_path, left, correlation * left + np.sqrt(1 - correlation**2) * other)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read_audio(path, 1)
    assert [str(w.message).startswith(f"{path}: the channels cancel out") for w in caught] == [True] * warned


def test_silence_does_not_cancel_out(tmp_path):
    assert not read_audio(written(tmp_path, 0 * tone(1), 0 * tone(1)), 1).any()


def test_an_unknown_downmix(tmp_path):
    with pytest.raises(AVEError, match=r"unknown downmix .*expected mean, left, right, loudest, found 'sum'"):
        read_audio(tmp_path / "missing.wav", 1, downmix="sum")
