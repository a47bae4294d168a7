"""`.ci/run` runs these tests in a separate environment with tensorflow-io; elsewhere, only the error is tested."""

import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.features import read_audio
from ave_keras.features.decoding import tfio
from ave_keras.features.encoders.log_mel import log_mel
from tests.ave_keras.features import films

loads = pytest.mark.skipif(not tfio.available(), reason="needs tensorflow-io and TensorFlow 2.16")


@pytest.mark.skipif(tfio.available(), reason="tensorflow-io is installed")
def test_the_error_without_tensorflow_io(tmp_path):
    with pytest.raises(AVEError, match=r'pip install "ave-keras\[tfio\]"'):
        read_audio(tmp_path / "a.wav", 1, decoder="tfio")


@loads
@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_decodes_as_pyav_does(tmp_path, rng, suffix):
    """The samples agree within one 16-bit step."""
    sound = np.float32(rng.uniform(-0.9, 0.9, (2, 16000)))
    path = films.write_film(tmp_path / f"a{suffix}", sound=sound)
    found, expected = (read_audio(path, 1, decoder=name) for name in ("tfio", "pyav"))
    assert found.shape == (16000,) and found.std() > 0.2
    np.testing.assert_allclose(found, expected, atol=2**-15)


@loads
@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_resamples_as_pyav_does(tmp_path, rate):
    """A tone agrees within 2e-3 of full scale, without delay, away from both ends."""
    path = films.write_film(tmp_path / "a.wav", sound=films.tone(2, rate)[None], rate=rate)
    found, expected = (read_audio(path, 2, decoder=name) for name in ("tfio", "pyav"))
    np.testing.assert_allclose(found[200:-200], expected[200:-200], atol=2e-3)


@loads
def test_log_mel_equals_the_keras_front_end(rng):
    """Within 1e-3, because tensorflow-io computes its mel bands in float32."""
    wave = np.float32(rng.uniform(-1, 1, 16000))
    found = tfio.log_mel(wave)
    assert found.shape == (98, 64)
    np.testing.assert_allclose(found, np.asarray(log_mel(wave)), atol=1e-3)


@loads
def test_invalid_files(tmp_path):
    with pytest.raises(AVEError, match=r"only wav and flac .*found '.mp3'"):
        (tmp_path / "a.mp3").touch()
        read_audio(tmp_path / "a.mp3", 1, decoder="tfio")
    (tmp_path / "a.wav").write_text("no sound at all")
    with pytest.raises(AVEError, match="unreadable sound file"):
        read_audio(tmp_path / "a.wav", 1, decoder="tfio")
