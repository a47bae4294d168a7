"""Pictures by time and sound by the second from a video file, or from a folder of pictures and a sound file."""

import math
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ave_keras.errors import AVEError
from ave_keras.features.decoding import sequence
from ave_keras.features.decoding.containers import frames, opened, seconds_of
from ave_keras.features.decoding.sound import decode_sound

# Times such as 1/29.97 are not exact in binary: a frame counts as shown this much before its timestamp.
EARLY = 1e-6
RATE = 16000
# Seconds by which sound may end before its picture without a word.
SHORT = 0.5


@dataclass(frozen=True)
class Video:
    """What a file says of itself.

    Attributes:
        path: of the file or folder.
        seconds: length of the picture.
        width: of the picture as it is shown, after rotation.
        height: likewise.
        has_audio: whether there is a sound track.
        frames_per_second: nominal; frames are never counted by it.
    """

    path: Path
    seconds: float
    width: int
    height: int
    has_audio: bool
    frames_per_second: float


def probe(path):
    """Reads length, size and tracks of a video; its first frame is decoded.

    Args:
        path: of a video file, or of a folder of pictures, see `sequence`.

    Returns:
        A `Video`.

    Raises:
        AVEError: no such file, not a video, no picture in it, or it has no length.

    Example:

    >>> probe("dog.mp4").seconds
    10.03
    """
    path = Path(path)
    if path.is_dir():
        return _probe_folder(path)
    with opened(path) as container:
        stream = _picture(container, path)
        seconds, rate = seconds_of(container), float(stream.average_rate or stream.guessed_rate or 0)
        first = next((frame for _, frame in frames(container, stream)), None)
        if first is None or seconds <= 0:
            raise AVEError("the video has no length", file=path, found=f"{seconds:.2f} s, {rate:g} frames per second")
        width, height = _shown(first)
        return Video(path, seconds, width, height, bool(container.streams.audio), rate)


def segments_of(video):
    """Whole seconds of a video: the nearest number, halves up, at least 1.

    The last one is filled up with silence and its last picture, or what is over is left out.

    Args:
        video: a `Video`.

    Returns:
        T.
    """
    return max(1, math.floor(video.seconds + 0.5))


def read_frames(path, times, size=None):
    """The frames that are shown at given times, by their timestamps.

    Args:
        path: of a video file or folder of pictures.
        times: `(n,)` seconds from the beginning, in any order. Before the first frame it is the first one, after the
            last one the last.
        size: `(H, W)` to resize to, bilinearly and without keeping the aspect, as the official recipe does; the size
            of the video, if not given.

    Returns:
        `(n, H, W, 3)` uint8, RGB, upright.

    Raises:
        AVEError: no such file, not a video, no picture in it, or cut off before the last of the times.

    Example:

    >>> read_frames("dog.mp4", [0.0, 0.5], size=(224, 224)).shape
    (2, 224, 224, 3)
    """
    times = np.asarray(times, "float64")
    order = np.argsort(times, kind="stable")
    made = list(iter_frames(path, times[order], size))
    out = np.empty((len(times), *(made[0].shape if made else (*(size or (0, 0)), 3))), "uint8")
    for place, picture in zip(order, made, strict=True):
        out[place] = picture
    return out


def iter_frames(path, times, size=None):
    """Yields the frames of `read_frames` one by one; `times` must not decrease."""
    path, times = Path(path), np.asarray(times, "float64")
    if not np.isfinite(times).all() or (np.diff(times) < 0).any():
        raise AVEError("times must be finite and not decrease", key="times", found=times)
    shown, picture = None, None
    for frame in _frames_at(path, times):
        # A slide show asks for the same frame many times.
        if frame is not shown:
            shown, picture = frame, _upright(frame, size)
        yield picture


def read_audio(path, seconds, rate=RATE, *, silent=False, decoder="pyav"):
    """The sound of a video, mixed to one channel by the mean, from the beginning.

    Args:
        path: of a video or sound file, or of a folder with one.
        seconds: its length: what is over is cut off, what is missing is silence.
        rate: samples per second.
        silent: gives silence where there is no sound track, instead of an error.
        decoder: "pyav", or "tfio" for wav and flac by tensorflow-io.

    Returns:
        `(round(seconds · rate),)` float32 in [-1, 1]. A warning says where more than `SHORT` seconds of it are missing.

    Raises:
        AVEError: no such file, it cannot be read, it is cut off, or it has no sound.

    Example:

    >>> read_audio("dog.mp4", 10).shape
    (160000,)
    """
    path, samples = Path(path), round(seconds * rate)
    source = sequence.sound_of(path) if path.is_dir() else path
    sound = None if source is None else decode_sound(source, rate, samples, decoder)
    if sound is None and not silent:
        raise AVEError(
            "the video has no sound",
            file=path,
            fix="Take silence instead with silent=True, on the command line --silent; the answer then rests on sight",
        )
    out = np.zeros(samples, "float32")
    if sound is not None:
        heard = len(sound) / rate
        if heard < seconds - SHORT:
            warnings.warn(f"{path}: {heard:.1f} s of sound for {seconds} s, the rest is silence", stacklevel=2)
        out[: len(sound)] = np.clip(sound[:samples], -1, 1)
    return out


def _probe_folder(path):
    pictures, rate = sequence.pictures_of(path), sequence.rate_of(path)
    width, height = _shown(sequence.first_picture(pictures[0]))
    return Video(path, len(pictures) / rate, width, height, sequence.sound_of(path) is not None, rate)


def _frames_at(path, times):
    if path.is_dir():
        pictures, rate = sequence.pictures_of(path), sequence.rate_of(path)
        numbers = np.clip(np.floor((times + EARLY) * rate), 0, len(pictures) - 1).astype(int)
        last, frame = None, None
        for number in numbers:
            if number != last:
                last, frame = number, sequence.first_picture(pictures[number])
            yield frame
        return
    with opened(path) as container:
        stream = _picture(container, path)
        stream.thread_type = "AUTO"
        yield from _pick(frames(container, stream), times, path)


def _pick(timed, times, path):
    """For each time the last frame that began before it."""
    shown, coming = None, next(timed, None)
    if coming is None:
        raise AVEError("no frame can be decoded", file=path)
    for time in times:
        while coming is not None and (shown is None or coming[0] <= time + EARLY):
            shown, coming = coming[1], next(timed, None)
        yield shown


def _picture(container, path):
    # A cover picture of a sound file is a video stream of one frame to FFmpeg.
    streams = [s for s in container.streams.video if not s.disposition & s.disposition.attached_pic]
    if not streams:
        found = "sound only" if container.streams.audio else "neither picture nor sound"
        raise AVEError("no picture in the file", file=path, found=found, fix="Give a video, or a folder of pictures")
    return streams[0]


def _shown(frame):
    return (frame.height, frame.width) if frame.rotation % 180 else (frame.width, frame.height)


def _upright(frame, size):
    height, width = size or _shown(frame)[::-1]
    # Resized before it is turned, so that only the small picture moves.
    if frame.rotation % 180:
        height, width = width, height
    picture = frame.reformat(width=width, height=height, format="rgb24", interpolation="BILINEAR").to_ndarray()
    turns = round(frame.rotation / 90)
    if _mirrored(frame):
        # FFmpeg's angle is that of the matrix as if it only turned; mirrored first, it turns half a circle more.
        picture, turns = picture[:, ::-1], turns + 2
    return np.ascontiguousarray(np.rot90(picture, turns))


def _mirrored(frame):
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return False
    a, b, _, c, d = np.frombuffer(bytes(matrix), "int32")[:5].astype("float64")
    return a * d < b * c
