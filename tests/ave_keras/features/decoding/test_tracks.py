import keras
import numpy as np
import pytest

from ave_keras import AVEError
from tests.ave_keras.features.films import FPS, number_of, number_picture, signal, write_seconds

av = pytest.importorskip("av")

from ave_keras.features import probe, read_audio, read_frames  # noqa: E402

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the same on every backend")
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+delay_moov"}


@pytest.mark.filterwarnings("ignore:.*of the video track, 0.04 s:UserWarning")
@pytest.mark.parametrize(
    ("file", "options"),
    [
        ("rec.webm", {"codecs": ("libvpx", "libopus"), "options": {"live": "1"}}),
        ("rec.mkv", {"options": {"live": "1"}}),
        ("rec.mp4", {"options": FRAGMENTS}),
        ("rec.h264", {"codecs": ("libx264", None), "b_frames": 2}),
        ("rec.flv", {"codecs": ("libx264", None), "options": {"flvflags": "no_duration_filesize"}}),
        ("rec.ts", {"codecs": ("libx264", None)}),
    ],
)
def test_files_without_a_duration_are_as_long_as_their_packets(tmp_path, file, options):
    path = write_seconds(tmp_path / file, **options)
    assert probe(path).seconds == pytest.approx(4, abs=1e-3)
    # A file that is still growing ends anywhere, also within a frame.
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 5 // 8])
    seconds = probe(path).seconds
    assert 2 < seconds < 3
    assert [number_of(p) for p in read_frames(path, [0.5, 1.5, 2])] == [12, 37, 50]
    assert number_of(read_frames(path, [9])[0]) == pytest.approx(seconds * FPS - 1, abs=2)


@pytest.mark.parametrize("rate", [10, 30])
def test_a_raw_stream_has_the_rate_that_it_states(tmp_path, rate):
    """FFmpeg takes 25 for every raw stream."""
    with av.open(str(tmp_path / "a.h264"), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(4 * rate):
            stream_frame = av.VideoFrame.from_ndarray(number_picture(number), format="rgb24")
            container.mux(stream.encode(stream_frame))
        container.mux(stream.encode(None))
    assert probe(tmp_path / "a.h264").seconds == pytest.approx(4, abs=1e-3)
    assert number_of(read_frames(tmp_path / "a.h264", [2.5])[0]) == 2.5 * rate


@pytest.mark.parametrize(("file", "codec"), [("a.avi", "libx264"), ("a.avi", "mpeg4"), ("a.m2v", "mpeg2video")])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_pictures_without_times_are_numbered(tmp_path, file, codec, b_frames):
    """FFmpeg makes up times for them that are late or out of order."""
    path = write_seconds(tmp_path / file, codecs=(codec, None), b_frames=b_frames)
    assert probe(path).seconds == pytest.approx(4, abs=0.041)
    assert [number_of(p) for p in read_frames(path, np.arange(100) / FPS)] == list(range(100))


@pytest.mark.parametrize("file", ["late.mp4", "late.mkv", "late.ts"])
def test_the_end_of_a_late_picture_is_counted_from_the_start_of_the_sound(tmp_path, file):
    path = write_seconds(tmp_path / file, starts=(0.6, 0))
    # MPEG-TS does not say how much padding there is before the sound.
    assert probe(path).seconds == pytest.approx(4, abs=0.022 if file == "late.ts" else 1e-3)


@pytest.mark.parametrize(
    ("suffix", "starts", "first"),
    [
        ("mkv", (3, 3.5), 75),
        ("mkv", (3.5, 3), 88),
        ("mkv", (3.5, 0), 88),
        ("mkv", (3, 3), 75),
        ("mp4", (3, 3.5), 75),
        ("mp4", (3.5, 0), 88),
    ],
)
def test_seconds_count_from_the_first_track(tmp_path, suffix, starts, first):
    """Also where FFmpeg gives a track the start of another."""
    path = write_seconds(tmp_path / f"cut.{suffix}", 5, starts=starts)
    zero = min(starts)
    numbers = [number_of(p) for p in read_frames(path, np.array([3.501, 3.999, 4.001]) - zero)]
    assert numbers == [max(first, 87), 99, 100] and number_of(read_frames(path, [0])[0]) == first
    assert probe(path).seconds == pytest.approx(5 - zero, abs=1e-3)
    sound = read_audio(path, 5 - zero)[-16000:]
    known = signal(5, 16000)[-16000:]
    assert abs(np.correlate(sound[100:-100], known, "valid").argmax() - 100) <= 16


def test_the_default_track_is_read(tmp_path):
    """Its pictures are numbered and its sound is `signal`; those of the first track are not."""
    path = write_seconds(tmp_path / "two.mp4", 1, decoys=1)
    with pytest.warns(UserWarning, match=r"two\.mp4: the file has 2 video tracks; number 2 is read, the default one"):
        assert number_of(read_frames(path, [0.41])[0]) == 10
    with pytest.warns(UserWarning, match=r"two\.mp4: the file has 2 audio tracks; number 2 is read, the default one"):
        sound = read_audio(path, 1)
    assert np.corrcoef(sound[100:-100], signal(1, 16000)[16100:-100])[0, 1] > 0.9


def test_without_a_default_track_the_first_is_read_and_named(tmp_path):
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w", options={"default_mode": "passthrough"}) as container:
        streams = [container.add_stream("pcm_s16le", rate=16000, layout="mono") for _ in range(3)]
        for volume, stream in enumerate(streams):
            stream.disposition, stream.metadata["language"] = 0, ("ces", "deu", "eng")[volume]
        for volume, stream in enumerate(streams):
            samples = np.full((1, 16000), 1000 * (1 + volume), "int16")
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.sample_rate = 16000
            for packet in [*stream.encode(frame), *stream.encode(None)]:
                container.mux(packet)
    expected = r"3 audio tracks; number 1 \(language ces\) is read, because none is marked as default"
    with pytest.warns(UserWarning, match=expected):
        sound = read_audio(path, 1)
    np.testing.assert_allclose(sound, 1000 / 2**15, atol=1e-6)


def test_a_cover_is_no_video(tmp_path):
    """A sound file with a cover picture has no video track, and the length of the sound."""
    path = tmp_path / "song.mp3"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("mp3", rate=16000, layout="mono")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = cover.disposition.attached_pic
        picture = av.VideoFrame(64, 48, "yuvj420p")
        for packet in [*cover.encode(picture), *cover.encode(None)]:
            container.mux(packet)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16000), "int16"), format="s16p", layout="mono")
        frame.sample_rate = 16000
        for packet in [*sound.encode(frame), *sound.encode(None)]:
            container.mux(packet)
    with pytest.raises(AVEError, match=r"no video stream in the file .*found sound only"):
        probe(path)
    assert read_audio(path, 1).shape == (16000,)


def test_a_track_without_a_decoder(tmp_path):
    path = write_seconds(tmp_path / "new.mp4", 1)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(AVEError, match=r"no decoder for the video track .*new\.mp4.*Convert it"):
        probe(path)
