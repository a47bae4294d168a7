"""Reads frames at given times, and sound, from a video file or from a folder of pictures and a sound file."""

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ave_keras.errors import AVEError
from ave_keras.features.decoding import downmix as mixing
from ave_keras.features.decoding import sequence
from ave_keras.features.decoding.containers import opened
from ave_keras.features.decoding.frames import Frames
from ave_keras.features.decoding.sound import decode_sound
from ave_keras.features.decoding.tracks import frame_seconds, seconds_of, tracks_of

# Times such as 1/29.97 are not exact in binary, so a frame is shown this much before its timestamp.
EARLY = 1e-6
RATE = 16000
# Seconds of missing sound that cause no warning.
SHORT = 0.5


@dataclass(frozen=True)
class Video:
    """The metadata of a video.

    Attributes:
        path: The file or folder.
        seconds: The time from the start of the file to the end of the video track.
        width: The width as displayed, after rotation, in pixels.
        height: The height as displayed.
        has_audio: Whether there is a sound track.
        frames_per_second: The nominal rate; frames are read by their timestamps, not by this rate.
    """

    path: Path
    seconds: float
    width: int
    height: int
    has_audio: bool
    frames_per_second: float


def probe(path: str | Path) -> Video:
    """Reads the duration, size and tracks of a video. Decodes the first frame.

    Args:
        path: The video file, or a folder of pictures, see `sequence`.

    Returns:
        A `Video`.

    Raises:
        AVEError: The file is missing, is not a video, or has no video stream that can be decoded.

    Example:

    >>> probe("dog.mp4").seconds
    10.03
    """
    path = Path(path)
    if path.is_dir():
        return _probe_folder(path)
    with opened(path) as container:
        frames = _pictures(container, path)
        first = next((frame for _, frame in frames), None)
        if first is None:
            raise AVEError("no picture can be decoded", file=path, fix="Download or record it again")
        width, height = _shown(first)
        rate, sound = 1 / frame_seconds(frames.stream), "audio" in tracks_of(container)
        return Video(path, seconds_of(container), width, height, sound, rate)


def segments_of(video: Video) -> int:
    """The duration of a video in whole seconds, rounded (halves up), at least 1.

    Readers pad the last second with silence and the last picture, or drop the rest.

    Args:
        video: The `Video`.

    Returns:
        T.
    """
    return max(1, math.floor(video.seconds + 0.5))


def read_frames(path: str | Path, times: ArrayLike, size: tuple[int, int] | None = None) -> np.ndarray:
    """Reads the frames shown at the given times, by their timestamps.

    Args:
        path: The video file or folder of pictures.
        times: `(n,)` seconds from the start, in any order. Times before the first frame give the first frame, times
            after the last frame the last.
        size: The `(H, W)` to resize to, bilinearly and without keeping the aspect ratio, like the official recipe. By
            default the size of the first frame.

    Returns:
        `(n, H, W, 3)` uint8, RGB, upright.

    Raises:
        AVEError: The file is missing, is not a video, has no video stream, is truncated before the last time, or more
            than a tenth of the track up to there is damaged.

    Warns:
        UserWarning: A part is damaged, so that the picture before is shown, or there are several video tracks.

    Example:

    >>> read_frames("dog.mp4", [0.0, 0.5], size=(224, 224)).shape
    (2, 224, 224, 3)
    """
    times = np.asarray(times, "float64")
    order = np.argsort(times, kind="stable")
    pictures = list(iter_frames(path, times[order], size))
    out = np.empty((len(times), *(pictures[0].shape if pictures else (*(size or (0, 0)), 3))), "uint8")
    for place, picture in zip(order, pictures, strict=True):
        out[place] = picture
    return out


def iter_frames(path: str | Path, times: ArrayLike, size: tuple[int, int] | None = None) -> Iterator[np.ndarray]:
    """Yields the frames of `read_frames` one by one; `times` must be in ascending order."""
    path, times = Path(path), np.asarray(times, "float64")
    if not np.isfinite(times).all() or (np.diff(times) < 0).any():
        raise AVEError("times must be finite and ascending", key="times", found=times)
    shown: Any = None
    for frame in _frames_at(path, times):
        # Slide shows repeat the same frame many times.
        if frame is not shown:
            shown, picture = frame, _upright(frame, size)
            # Later frames may be of another size, after damage for example.
            size = size or picture.shape[:2]
        yield picture


def read_audio(
    path: str | Path,
    seconds: float,
    rate: int = RATE,
    *,
    silent: bool = False,
    decoder: str = "pyav",
    downmix: str = "mean",
) -> np.ndarray:
    """Reads the sound of a video from the start, as one channel.

    Args:
        path: The video or sound file, or a folder with a sound file.
        seconds: The length of the result. Longer sound is cut; shorter sound is padded with silence.
        rate: Samples per second.
        silent: Whether to return silence if there is no sound track, instead of an error.
        decoder: "pyav", or "tfio" for wav and flac with tensorflow-io.
        downmix: How several channels become one: "mean"; "left" or "right", the first or the second channel; or
            "loudest", the one with the most energy.

    Returns:
        `(round(seconds · rate),)` float32 in [-1, 1].

    Raises:
        AVEError: The file is missing, unreadable, truncated or without sound, more than a tenth of the sound is
            damaged, or the downmix or decoder is unknown.

    Warns:
        UserWarning: More than `SHORT` seconds of sound are missing, a part is damaged and becomes silence, there are
            several sound tracks, or the channels cancel out in their mean.

    Example:

    >>> read_audio("dog.mp4", 10).shape
    (160000,)
    """
    mixing.check(downmix)
    path, samples = Path(path), round(seconds * rate)
    source = sequence.sound_of(path) if path.is_dir() else path
    sound = None if source is None else decode_sound(source, rate, samples, decoder, downmix)
    if sound is None and not silent:
        raise AVEError(
            "the video has no sound",
            file=path,
            fix="Use silence with silent=True (command line: --silent); the result then depends on the pictures only",
        )
    out = np.zeros(samples, "float32")
    if sound is not None:
        length = len(sound) / rate
        if length < seconds - SHORT:
            warnings.warn(f"{path}: {length:.1f} s of sound for {seconds} s, the rest is silence", stacklevel=2)
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
        frames = _pictures(container, path)
        frames.stream.thread_type = "AUTO"
        yield from _pick(iter(frames), times, path)
        frames.report()


def _pick(timed, times, path):
    """Yields for each time the last frame that starts before it."""
    shown, upcoming = None, next(timed, None)
    if upcoming is None:
        raise AVEError("no picture can be decoded", file=path, fix="Download or record it again")
    for time in times:
        while upcoming is not None and (shown is None or upcoming[0] <= time + EARLY):
            shown, upcoming = upcoming[1], next(timed, None)
        yield shown


def _pictures(container, path):
    tracks = tracks_of(container)
    if "video" not in tracks:
        found = "sound only" if tracks else "neither video nor sound"
        raise AVEError("no video stream in the file", file=path, found=found, fix="Use a video or a folder of pictures")
    return Frames(container, "video")


def _shown(frame):
    return (frame.height, frame.width) if frame.rotation % 180 else (frame.width, frame.height)


def _upright(frame, size):
    height, width = size or _shown(frame)[::-1]
    # Resizing before rotating is faster: the rotation copies only the small picture.
    if frame.rotation % 180:
        height, width = width, height
    picture = frame.reformat(width=width, height=height, format="rgb24", interpolation="BILINEAR").to_ndarray()
    turns = round(frame.rotation / 90)
    if _mirrored(frame):
        # FFmpeg derives the angle as if the matrix only rotated; after mirroring, half a turn is missing.
        picture, turns = picture[:, ::-1], turns + 2
    return np.ascontiguousarray(np.rot90(picture, turns))


def _mirrored(frame):
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return False
    a, b, _, c, d = np.frombuffer(bytes(matrix), "int32")[:5].astype("float64")
    return a * d < b * c
