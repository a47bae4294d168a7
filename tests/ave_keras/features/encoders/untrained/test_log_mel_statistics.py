import math

import numpy as np
import pytest

from ave_keras.features import AudioEncoder, audio_encoder


def derivation(second):
    """64 means and 64 deviations in float64, with a transform, bands and statistics of our own."""
    places, samples = np.arange(400), np.asarray(second, "float64")
    window = np.array([math.sin(math.pi * n / 400) ** 2 for n in places])
    bins = np.arange(257)
    waves = np.exp(-2j * np.pi * np.outer(places, bins) / 512)
    magnitudes = np.array([abs((samples[s : s + 400] * window) @ waves) for s in range(0, 16000 - 399, 160)])
    hertz = bins * 16000 / 512
    mels = 2595 * np.log10(1 + hertz / 700)
    low, high = (2595 * math.log10(1 + f / 700) for f in (125, 7500))
    edges = [low + (high - low) * n / 65 for n in range(66)]
    bands = np.zeros((len(magnitudes), 64))
    for band in range(64):
        left, center, right = edges[band : band + 3]
        triangle = np.clip(np.minimum((mels - left) / (center - left), (right - mels) / (right - center)), 0, None)
        triangle[0] = 0
        bands[:, band] = np.log(magnitudes @ triangle + 0.01)
    mean = bands.sum(axis=0) / len(bands)
    return np.concatenate([mean, np.sqrt(((bands - mean) ** 2).sum(axis=0) / len(bands))])


@pytest.mark.parametrize("kind", ["noise", "tone", "silence", "click"])
def test_equals_the_derivation(kind):
    time = np.arange(16000) / 16000
    second = {
        "noise": np.random.default_rng(0).normal(0, 0.1, 16000),
        "tone": np.sin(2 * np.pi * 440 * time),
        "silence": np.zeros(16000),
        "click": np.eye(1, 16000, 5000)[0],
    }[kind].astype("float32")
    found = audio_encoder("logmel")(np.stack([second, second * 0.5]))
    assert found.shape == (2, 128) and found.dtype == np.float32
    np.testing.assert_allclose(found[0], derivation(second), atol=1e-5)
    np.testing.assert_allclose(found[1], derivation(second * 0.5), atol=1e-5)


def test_protocol():
    encoder = audio_encoder("logmel")
    assert isinstance(encoder, AudioEncoder)
    assert (encoder.name, encoder.dim, encoder.rate, encoder.weights) == ("logmel", 128, 16000, "no weights needed")
