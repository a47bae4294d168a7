import warnings

import keras
import numpy as np
import pytest

from ave_keras import AVEError
from tests.ave_keras.features.films import damage, number_of, signal, write_seconds

pytest.importorskip("av")

from ave_keras.features import encode, probe, read_audio, read_frames
from tests.ave_keras.features import tiny

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the same on every backend")
WEBM = {"codecs": ("libvpx", "libopus")}


def said(call):
    """The result of a call and the messages of its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        return call(), [str(warning.message) for warning in caught]


@pytest.mark.parametrize("at", [0, None])
@pytest.mark.parametrize(("file", "options"), [("a.mp4", {}), ("a.mkv", {}), ("a.webm", WEBM)])
def test_damaged_sound_does_not_shift_what_follows(tmp_path, file, options, at):
    """Ten packets in turn, of which each lost one would shift the rest by 20 ms."""
    path = damage(write_seconds(tmp_path / file, **options), "audio", range(60, 80, 2), at)
    sound, messages = said(lambda: read_audio(path, 4))
    assert at is None or any("of the audio track" in message for message in messages)
    found = np.correlate(sound[48100:-100], signal(4, 16000)[64000:], "valid")
    assert abs(found.argmax() - 100) <= 16
    assert abs(sound).max() <= 1


@pytest.mark.parametrize("at", [0, None])
@pytest.mark.parametrize(("file", "options"), [("a.mp4", {}), ("a.mkv", {}), ("a.webm", WEBM)])
def test_damaged_pictures_are_skipped(tmp_path, file, options, at):
    """The packet before a key frame is damaged; the pictures around it are those of their time."""
    path = damage(write_seconds(tmp_path / file, **options), "video", [59], at)
    frames, messages = said(lambda: read_frames(path, [2.2, 2.41, 3.99]))
    assert [number_of(frame) for frame in frames] == [55, 60, 99]
    # VP8 decodes anything but a damaged header.
    expected = [f"{path}: of the video track, 0.04 s of 4.00 s (1.0%) are damaged; as in players, the picture before"]
    assert [message[: len(expected[0])] for message in messages] == (expected if at == 0 or file != "a.webm" else [])


@pytest.mark.parametrize("b_frames", [0, 1, 2, 3])
def test_pictures_of_a_raw_stream_keep_their_place(tmp_path, b_frames):
    """The key frame at 2.4 s is damaged, so that all until the next one at 2.88 s are lost."""
    path = write_seconds(tmp_path / "a.h264", 8, codecs=("libx264", None), b_frames=b_frames)
    content = bytearray(path.read_bytes())
    keys = [n for n in range(len(content)) if content[n : n + 4] == b"\0\0\1\x65"]
    content[keys[5] + 5 : keys[5] + 9] = bytes(4)
    path.write_bytes(content)
    frames, messages = said(lambda: read_frames(path, [2.2, 2.89, 3.5, 5, 7.99]))
    assert [number_of(frame) for frame in frames] == [55, 72, 87, 125, 199]
    assert ["of the video track, 0.4" in message for message in messages] == [True]


def test_a_damaged_key_frame_may_lose_too_much(tmp_path):
    """Without its header, all pictures until the next key frame are lost."""
    path = damage(write_seconds(tmp_path / "a.mp4", 5), "video", [48], at=0)
    with pytest.warns(UserWarning, match=r"of the video track, 0\.44 s of 5\.00 s \(8\.8%\)"):
        assert [number_of(p) for p in read_frames(path, [1.91, 2.3, 2.41, 4.99])] == [47, 47, 60, 124]
    with pytest.raises(AVEError, match=r"too much of the video track is damaged .*found 0\.44 s of 3\.04 s"):
        read_frames(path, [2.99])


def test_a_reader_that_stops_early_judges_what_it_has_read(tmp_path):
    path = damage(damage(write_seconds(tmp_path / "a.mp4"), "video", [47], 0), "audio", [100], 0)
    assert said(lambda: read_frames(path, [1.5]))[1] == []
    assert said(lambda: read_audio(path, 1.5))[1] == []
    assert len(said(lambda: encode(path, tiny.Sound(), tiny.picture, segments=1))[1]) == 0
    assert len(said(lambda: encode(path, tiny.Sound(), tiny.picture, segments=3))[1]) == 2


@pytest.mark.parametrize(("lost", "refused"), [(18, False), (19, True), (180, True)])
def test_too_much_damage_is_refused(tmp_path, lost, refused):
    """4 s of sound are 187.5 packets, so that 19 of them are more than a tenth."""
    path = damage(write_seconds(tmp_path / "a.mp4"), "audio", range(4, 4 + lost), at=0)
    if refused:
        with pytest.raises(
            AVEError, match=r"too much of the audio track is damaged \(.*a\.mp4\): expected at most 10%"
        ):
            read_audio(path, 4)
    else:
        with pytest.warns(UserWarning, match=r"0\.38 s of 4\.00 s \(9\.6%\) are damaged"):
            read_audio(path, 4)


def test_no_picture_can_be_decoded(tmp_path):
    path = damage(write_seconds(tmp_path / "a.mp4", 1), "video", range(25), at=0)
    for call in (probe, lambda p: read_frames(p, [0])):
        with pytest.raises(AVEError, match=r"no picture can be decoded \(.*a\.mp4\)"):
            call(path)


def test_damage_is_not_called_a_missing_index(tmp_path):
    """Only a file that cannot be opened may lack its index."""
    path = write_seconds(tmp_path / "a.mp4", options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(AVEError, match=r"the file is truncated|unreadable video") as caught:
        read_audio(path, 4)
    assert "index" not in str(caught.value)
