"""Twelve films whose picture and sound tell the time: each second's features come from that second."""

import warnings

import keras
import numpy as np
import pytest

from tests.ave_keras.features.films import FPS, HIDDEN, damage, number_of, signal, write_seconds

pytest.importorskip("av")

from ave_keras.features import encode, probe, read_frames, segments_of

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the same on every backend")
RATE = 16000


class Ear:
    """`(T, 2)`: the second of a film of four seconds that is heard, and the delay in milliseconds."""

    name, dim, rate, weights = "ear", 2, RATE, "none"

    def __call__(self, sound):
        known = signal(4, RATE)[RATE:].reshape(4, RATE)
        return np.array([self.heard(second, known) for second in sound])

    def heard(self, sound, known):
        size = 2 * RATE
        found = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(known, size).conj(), size)
        second, delay = np.unravel_index(found.argmax(), found.shape)
        return second, (delay if delay < RATE else delay - size) * 1000 / RATE


class Eye:
    """`(T, 5, 5, 1)`: the numbers of the 25 frames of a second."""

    name, shape, size, frames_per_second, weights = "eye", (5, 5, 1), (48, 64), FPS, "none"

    def __call__(self, frames):
        return np.array([[number_of(frame) for frame in second] for second in frames]).reshape(-1, 5, 5, 1)


FILMS = {
    # A recording of a browser has no duration.
    "no duration": ("rec.webm", {"codecs": ("libvpx", "libopus"), "options": {"live": "1"}}),
    "raw stream": ("raw.h264", {"codecs": ("libx264", None), "b_frames": 2}),
    "damaged packets": ("damaged.mp4", {}),
    "inverted stereo": ("inverted.mp4", {"channels": (1, -1)}),
    "edit list": ("edited.mp4", {"starts": (-0.52, -0.52)}),
    "late sound": ("late.mkv", {"starts": (0, 0.7)}),
    "late picture": ("late.mp4", {"starts": (0.6, 0)}),
    "gap": ("gap.mkv", {"gap": (1.3, 2.6)}),
    "5.1": ("surround.mp4", {"channels": (1, 0.5, 0.7, 0, 0.4, 0.4)}),
    "8 kHz": ("phone.mp4", {"rate": 8000}),
    "two tracks": ("two.mkv", {"decoys": 1}),
    "0.9 s": ("short.mp4", {"seconds": 0.9}),
}
# What a film is to warn of.
WARNINGS = {
    "damaged packets": [
        "damaged.mp4: of the audio track, 0.04 s of 4.00 s (1.1%) are damaged; as in players, silence",
        "damaged.mp4: of the video track, 0.04 s of 4.00 s (1.0%) are damaged; as in players, the picture before",
    ],
    "gap": ["gap.mkv: of the audio track, 1.30 s are missing between its packets; as in players, silence"],
    "two tracks": [
        "two.mkv: the file has 2 audio tracks; number 2 is read, the default one",
        "two.mkv: the file has 2 video tracks; number 2 is read, the default one",
    ],
}


@pytest.mark.parametrize("name", FILMS)
def test_features_of_a_second_come_from_that_second(tmp_path, name):
    """To the frame, and to a millisecond."""
    file, options = FILMS[name]
    path = write_seconds(tmp_path / file, **options)
    if name == "damaged packets":
        damage(damage(path, "video", [47], at=0), "audio", [100, 101], at=0)
    ear = None if name == "raw stream" else Ear()
    downmix = "left" if name == "inverted stereo" else "mean"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = encode(path, ear, Eye(), downmix=downmix)
    for warning, expected in zip(caught, WARNINGS.get(name, []), strict=True):
        assert str(warning.message).startswith(f"{tmp_path}/{expected}")
    seconds = 1 if name == "0.9 s" else 4
    assert segments_of(probe(path)) == seconds
    if ear:
        assert found["audio"][:, 0].tolist() == list(range(seconds))
        assert np.abs(found["audio"][:, 1]).max() < 1
    numbers = np.arange(seconds * FPS)
    first, last = {"late picture": (15, 99), "0.9 s": (0, 21)}.get(name, (0, 99))
    expected = numbers.clip(first, last)
    if name == "damaged packets":
        expected[47] = 46
    assert found["visual"].ravel().tolist() == expected.tolist()


@pytest.mark.parametrize("name", [name for name in FILMS if name not in ("damaged packets", "two tracks")])
def test_a_second_starts_with_its_first_frame(tmp_path, name):
    file, options = FILMS[name]
    path = write_seconds(tmp_path / file, **options)
    if name != "0.9 s":
        frames = read_frames(path, [0.999, 1, 1.001, 1.999, 2.001, 2.999, 3.001])
        assert [number_of(frame) for frame in frames] == [24, 25, 25, 49, 50, 74, 75]
    assert HIDDEN not in [number_of(frame) for frame in read_frames(path, [0, 0.5])]


def test_inverted_channels_are_noticed(tmp_path):
    file, options = FILMS["inverted stereo"]
    path = write_seconds(tmp_path / file, **options)
    with pytest.warns(UserWarning, match=r"inverted\.mp4: the channels cancel out.*--downmix left"):
        encode(path, Ear(), None)
