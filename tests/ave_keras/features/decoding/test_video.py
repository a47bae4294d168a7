import keras
import numpy as np
import pytest

from ave_keras import AVEError
from tests.ave_keras.features.films import number_of, number_picture, tone, write_film

av = pytest.importorskip("av")

from ave_keras.features import probe, read_audio, read_frames, segments_of  # noqa: E402

# Decoding does not depend on the backend.
pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the same on every backend")
CLIPS = ("0lFf-HP86Q0", "16eUxQwxxbs", "22olCB3wQaA", "BjCEufrlXm4", "v_GGSY1Qvo990", "v_ZNVhz7ctTq0")
SECONDS = dict(zip(CLIPS, (10, 10, 10, 10, 18, 14), strict=True))
# Frames of 0.04 s, 0.26 s and 0.7 s: counting frames would find the wrong ones.
UNEVEN = (0, 0.04, 0.3, 0.31, 1.0, 1.7)


@pytest.fixture
def film(tmp_path):
    return write_film(tmp_path / "a film – ö.mp4", UNEVEN, sound=tone(2)[None])


def test_frames_are_picked_by_their_timestamps(film):
    times = [0, 0.039, 0.04, 0.29, 0.305, 0.31, 0.99, 1.0, 1.69, 1.7, 60]
    found = read_frames(film, times, size=(24, 32))
    assert found.shape == (11, 24, 32, 3) and found.dtype == np.uint8
    assert [number_of(picture) for picture in found] == [0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 5]


def test_times_in_any_order(film):
    assert [number_of(p) for p in read_frames(film, [1.7, 0, 1.0, 0])] == [5, 0, 4, 0]


def test_no_times(film):
    assert read_frames(film, [], size=(24, 32)).shape == (0, 24, 32, 3)


def test_pictures_are_rgb_and_upright(film):
    picture = read_frames(film, [0.3])[0]
    assert picture.shape == (48, 64, 3)
    np.testing.assert_allclose(picture[2].mean(0), (255, 0, 0), atol=12)
    np.testing.assert_allclose(picture[30:], number_picture(2)[30:], atol=40)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_films_are_rotated_and_mirrored_like_in_players(tmp_path, rotation, mirrored):
    path = write_film(tmp_path / "phone.mp4", (0, 0.5), rotation=rotation, mirrored=mirrored)
    upright = np.rot90(number_picture(1), rotation // 90)
    upright = upright[:, ::-1] if mirrored else upright
    video = probe(path)
    assert (video.height, video.width) == upright.shape[:2]
    np.testing.assert_allclose(read_frames(path, [0.5])[0].mean(axis=2), upright.mean(axis=2), atol=60)
    assert read_frames(path, [0.5], size=(20, 30)).shape == (1, 20, 30, 3)


def test_probe(film):
    video = probe(film)
    assert (video.path, video.width, video.height, video.has_audio) == (film, 64, 48, True)
    assert video.seconds == pytest.approx(1.7, abs=0.05)
    assert segments_of(video) == 2


@pytest.mark.parametrize(("seconds", "segments"), [(0.1, 1), (1.49, 1), (1.5, 2), (10.046, 10), (9.6, 10)])
def test_segments_of(seconds, segments):
    from ave_keras.features import Video

    assert segments_of(Video("x", seconds, 1, 1, True, 25)) == segments


def test_sound_is_the_mean_of_the_channels(tmp_path):
    path = write_film(tmp_path / "stereo.wav", sound=np.stack([tone(1), 0 * tone(1)]))
    found = read_audio(path, 1)
    assert found.shape == (16000,) and found.dtype == np.float32
    np.testing.assert_allclose(found, tone(1) / 2, atol=1e-6)


def test_sound_is_resampled(tmp_path):
    path = write_film(tmp_path / "cd.wav", sound=tone(2, 44100)[None], rate=44100)
    np.testing.assert_allclose(read_audio(path, 2)[100:-100], tone(2)[100:-100], atol=2e-3)


def test_sound_is_cut_and_padded(film):
    assert read_audio(film, 1).shape == (16000,)
    with pytest.warns(UserWarning, match=r"2\.0 s of sound for 3 s, the rest is silence"):
        longer = read_audio(film, 3)
    assert not longer[33000:].any() and np.abs(longer[:31000]).max() > 0.4


def test_short_sound(tmp_path):
    path = write_film(tmp_path / "short.mp4", (0, 1, 1.9), sound=tone(0.4)[None])
    with pytest.warns(UserWarning, match=r"short\.mp4: 0\.4 s of sound for 2 s"):
        found = read_audio(path, 2)
    assert np.abs(found[:6000]).max() > 0.4 and not found[8000:].any()


def test_sound_that_starts_late_stays_in_sync(tmp_path):
    path = write_film(tmp_path / "late.mkv", (0, 1, 1.9), sound=tone(1)[None], start=0.75)
    found = read_audio(path, 2)
    first = np.flatnonzero(np.abs(found) > 0.05)[0] / 16000
    assert first == pytest.approx(0.75, abs=0.07)


def test_timestamps_that_do_not_start_at_zero(tmp_path):
    path = write_film(tmp_path / "tv.ts", 3 + np.arange(50) / 25)
    with av.open(str(path)) as container:
        assert container.start_time > 1e6
    assert [number_of(p) for p in read_frames(path, [0.02, 0.5, 1.5])] == [0, 12, 37]
    path = write_film(tmp_path / "tv with sound.ts", 3 + np.arange(50) / 25, sound=tone(2)[None], start=3)
    assert np.abs(read_audio(path, 2)[2000:30000]).max() > 0.4


@pytest.mark.parametrize("rate_file", [None, "2"])
def test_pictures_in_a_folder(tmp_path, rate_file):
    import matplotlib.image

    for number in range(12):
        matplotlib.image.imsave(tmp_path / f"frame {number}.png", number_picture(number))
    write_film(tmp_path / "sound.wav", sound=tone(3)[None])
    if rate_file:
        (tmp_path / "fps.txt").write_text(rate_file)
    rate = 2 if rate_file else 4
    video = probe(tmp_path)
    assert (video.seconds, video.frames_per_second, video.width, video.height) == (12 / rate, rate, 64, 48)
    numbers = [number_of(p) for p in read_frames(tmp_path, [0, 0.6, 2.6, 99], size=(24, 64))]
    assert numbers == [0, int(0.6 * rate), int(2.6 * rate), 11]
    np.testing.assert_allclose(read_audio(tmp_path, 3), tone(3), atol=1e-6)


def test_pictures_of_several_sizes(tmp_path):
    import matplotlib.image

    for number, height in enumerate((48, 96)):
        matplotlib.image.imsave(tmp_path / f"{number}.png", number_picture(number, height))
    (tmp_path / "fps.txt").write_text("1")
    found = read_frames(tmp_path, [0, 1])
    assert found.shape == (2, 48, 64, 3) and [number_of(picture) for picture in found] == [0, 1]


@pytest.mark.parametrize("clip", CLIPS)
def test_real_clips(shared, clip):
    """Frames equal those at PyAV's raw timestamps; the sound has exactly T · 16,000 samples."""
    path = shared / "clips" / f"{clip}.mp4"
    seconds = segments_of(probe(path))
    assert seconds == SECONDS[clip]
    times = np.arange(0, seconds, 1.37)
    with av.open(str(path)) as container:
        stamps = np.array(sorted(p.pts for p in container.demux(video=0) if p.pts is not None))
        ticks = 1 / container.streams.video[0].time_base
    wanted = stamps[np.searchsorted(stamps / float(ticks), times + 1e-6, side="right") - 1]
    found = read_frames(path, times, size=(45, 80))
    with av.open(str(path)) as container:
        pictures = {f.pts: f for f in container.decode(video=0) if f.pts in set(wanted)}
    for picture, stamp in zip(found, wanted, strict=True):
        raw = pictures[stamp].reformat(80, 45, "rgb24", interpolation="BILINEAR").to_ndarray()
        np.testing.assert_array_equal(picture, raw)
    sound = read_audio(path, seconds)
    assert sound.shape == (seconds * 16000,) and np.abs(sound).max() <= 1 and sound.std() > 0.01


def damaged(tmp_path, kind):
    path = tmp_path / f"{kind}.mp4"
    if kind == "text":
        path.write_text("no video at all\n" * 100)
    elif kind == "empty":
        path.touch()
    elif kind == "sound only":
        write_film(path, sound=tone(1)[None])
    elif kind == "no frames":
        import av

        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            container.start_encoding()
    elif kind.startswith("cut"):
        options = {"movflags": "faststart"} if kind == "cut, index first" else {}
        write_film(path, np.arange(100) / 10, sound=tone(10)[None], options=options)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("nothing", r"video not found \(.*nothing.mp4\): found no file"),
        ("text", r"unreadable video \(.*text.mp4\).*a text file that starts with 'no video at all"),
        ("empty", r"not a video \(.*empty.mp4\): found an empty file"),
        ("sound only", r"no video stream in the file \(.*\): found sound only"),
        ("no frames", r"no video stream in the file|has no duration|unreadable video"),
        ("cut", r"unreadable video \(.*cut.mp4\).*a truncated or damaged mp4"),
        ("cut, index first", r"the file is truncated|unreadable video"),
    ],
)
def test_damaged_files(tmp_path, kind, message):
    path = damaged(tmp_path, kind)
    with pytest.raises(AVEError, match=message):
        probe(path)
        read_frames(path, [0, 9.5])


def test_damaged_sound(tmp_path):
    path = damaged(tmp_path, "cut, index first")
    with pytest.raises(AVEError, match=r"the file is truncated|unreadable video"):
        read_audio(path, 10)


def test_no_sound(tmp_path):
    path = write_film(tmp_path / "mute.mp4", (0, 0.5))
    assert not probe(path).has_audio
    with pytest.raises(AVEError, match=r"the video has no sound .*silent=True"):
        read_audio(path, 1)
    assert not read_audio(path, 1, silent=True).any()


def test_unknown_decoder(film):
    with pytest.raises(AVEError, match="expected pyav or tfio, found 'sox'"):
        read_audio(film, 1, decoder="sox")


def test_4k_portrait(tmp_path):
    path = tmp_path / "4k.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 2160, 3840, "yuv420p"
        frame = av.VideoFrame(2160, 3840, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    video = probe(path)
    assert (video.width, video.height, segments_of(video)) == (2160, 3840, 1)
    assert read_frames(path, [0, 0.5], size=(224, 224)).shape == (2, 224, 224, 3)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "no pictures in the folder"),
        (["1.png"], "unknown picture rate"),
        (["1.png", "a.wav", "b.wav"], "several sound files .*a.wav, b.wav"),
    ],
)
def test_invalid_folders(tmp_path, files, message):
    for name in files:
        (tmp_path / name).touch()
    with pytest.raises(AVEError, match=message):
        probe(tmp_path)
