import math

import keras
import numpy as np
import pytest

from ave_keras.features.encoders.log_mel import log_mel, mel_weights, patches, spectrogram


def by_hand(wave, offset=0.01):
    """A float64 version of the VGGish front end, written from its description with an explicit DFT."""
    hann = np.array([0.5 - 0.5 * math.cos(2 * math.pi * n / 400) for n in range(400)])
    frames = np.array([wave[start : start + 400] * hann for start in range(0, len(wave) - 399, 160)])
    n, k = np.arange(400), np.arange(257)
    magnitude = np.abs(frames @ np.exp(-2j * np.pi * np.outer(n, k) / 512))
    low, high = (1127 * math.log(1 + f / 700) for f in (125, 7500))
    step = (high - low) / 65
    triangles = np.zeros((257, 64))
    for bin in range(1, 257):
        mel = 1127 * math.log(1 + bin * 16000 / 512 / 700)
        for band in range(64):
            centre = low + (band + 1) * step
            triangles[bin, band] = max(0.0, 1 - abs(mel - centre) / step)
    return np.log(magnitude @ triangles + offset)


def chirp():
    t = np.arange(16000) / 16000
    return 0.8 * np.sin(2 * np.pi * (100 + 3500 * t) * t)


def sounds(rng):
    quiet = 0.001 * rng.normal(size=16000)
    return np.float32([rng.uniform(-1, 1, 16000), 0.5 * chirp() + 3 * quiet, np.zeros(16000), quiet])


def test_equals_a_derivation_by_hand(rng):
    waves = sounds(rng)
    found = keras.ops.convert_to_numpy(log_mel(waves))
    assert found.shape == (4, 98, 64) and found.dtype == np.float32
    np.testing.assert_allclose(found, [by_hand(np.float64(w)) for w in waves], atol=1e-4)


def test_a_tone_over_digital_silence():
    wave = np.float32(chirp())
    found = keras.ops.convert_to_numpy(log_mel(wave))
    np.testing.assert_allclose(found, by_hand(np.float64(wave)), atol=1e-3)


def test_yamnets_offset(rng):
    wave = sounds(rng)[0]
    found = keras.ops.convert_to_numpy(log_mel(wave, 0.001))
    np.testing.assert_allclose(found, by_hand(np.float64(wave), 0.001), atol=1e-4)


@pytest.mark.parametrize("clip", ["0lFf-HP86Q0", "22olCB3wQaA", "BjCEufrlXm4"])
def test_recorded_sound(shared, clip):
    features = pytest.importorskip("ave_keras.features")
    pytest.importorskip("av")
    wave = features.read_audio(shared / "clips" / f"{clip}.mp4", 6)[80000:]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(log_mel(wave)), by_hand(np.float64(wave)), atol=1e-4)


def test_a_patch_is_the_first_96_frames(rng):
    waves = sounds(rng)
    found = keras.ops.convert_to_numpy(patches(waves))
    assert found.shape == (4, 96, 64)
    np.testing.assert_allclose(found[0], by_hand(np.float64(waves[0]))[:96], atol=1e-4)


def test_silence_gives_the_log_of_the_offset():
    np.testing.assert_allclose(keras.ops.convert_to_numpy(log_mel(np.zeros((1, 800), "float32"))), math.log(0.01))


def test_the_end_is_not_padded():
    for samples, frames in ((400, 1), (559, 1), (560, 2)):
        assert tuple(spectrogram(np.zeros(samples, "float32")).shape) == (frames, 257)


def test_mel_weights_are_zero_outside_the_bands():
    weights = mel_weights()
    assert weights.shape == (257, 64) and not weights[:4].any() and not weights[241:].any()
    assert (weights.max(axis=0) > 0).all()
