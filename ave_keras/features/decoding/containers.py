"""Opens video and sound files with PyAV, reads their frames and times, and explains errors."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ave_keras.errors import AVEError, first_line
from ave_keras.runtime.packages import require

# Seconds by which a stream may be shorter than stated; muxers round, and edit lists cut.
SLACK = 0.5
# Packets to read in search of the first of each track.
PEEK = 500
# Bytes to read to recognize a text file.
HEAD = 1024


@contextlib.contextmanager
def opened(path: str | Path) -> Iterator[Any]:
    """Opens a PyAV container; FFmpeg's errors inside the block become an `AVEError` with the file.

    Raises:
        AVEError: PyAV is not installed, or the file is missing or FFmpeg cannot read it.
    """
    av = require("av", "video")
    path = Path(path)
    if not path.is_file():
        raise AVEError("video not found", file=path, found="a folder" if path.is_dir() else "no file")
    if not path.stat().st_size:
        raise AVEError("not a video", file=path, found="an empty file", fix="Download or record it again")
    try:
        # Metadata in an unexpected encoding must not prevent decoding.
        with av.open(str(path), metadata_errors="ignore") as container:
            yield container
    except (av.FFmpegError, ValueError) as error:
        if isinstance(error, AVEError):
            raise
        raise AVEError(
            "unreadable video",
            file=path,
            expected="a complete video or sound file",
            found=_diagnose(path) or (error.strerror if isinstance(error, av.FFmpegError) else first_line(error)),
            fix="Download or record it again",
        ) from error


def _diagnose(path):
    """Why FFmpeg cannot read the file, judging by its first bytes; None if unclear."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head[4:8] == b"ftyp":
        return "a truncated or damaged mp4 without a readable index"
    # The last character may be incomplete.
    text = head.decode("utf-8", errors="replace").rstrip("\ufffd")
    if all(letter.isprintable() or letter.isspace() for letter in text):
        return f"a text file that starts with {text[:20]!r}"
    return None


def clock(container: Any) -> float:
    """The container's timestamp at the start, in seconds: 1.4 in MPEG-TS, 0 in most."""
    if (container.start_time or 0) <= 0:
        return 0.0
    # FFmpeg's start time is too late if one track of a Matroska file starts after the other.
    first: dict[str, float] = {}
    with opened(container.name) as again:
        kinds = {stream.type for stream in (*again.streams.video[:1], *again.streams.audio[:1])}
        for packet, _ in zip(again.demux(), range(PEEK), strict=False):
            if packet.pts is not None:
                first.setdefault(packet.stream.type, float(packet.pts * packet.time_base))
            if kinds <= first.keys():
                break
    return max(0.0, min(first.values(), default=0.0))


def seconds_of(container: Any) -> float:
    """The duration of the video stream, else of the sound stream, else of the container; 0.0 if unknown."""
    for stream in (*container.streams.video[:1], *container.streams.audio[:1]):
        if stream.duration:
            return float(stream.duration * stream.time_base)
    return (container.duration or 0) / 1e6


def frames(container: Any, stream: Any) -> Iterator[tuple[float, Any]]:
    """Yields the decoded frames of a stream with their times, `(seconds, frame)`.

    Raises:
        AVEError: The stream is shorter than stated: the file is truncated.
    """
    zero, end = clock(container), 0.0
    for packet in container.demux(stream):
        if packet.pts is not None:
            end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        for frame in packet.decode():
            if frame.pts is not None:
                yield float(frame.pts * frame.time_base) - zero, frame
    stated = float(((stream.start_time or 0) + stream.duration) * stream.time_base) if stream.duration else 0.0
    if end < stated - SLACK:
        raise AVEError(
            "the file is truncated",
            file=Path(container.name),
            key=stream.type,
            expected=f"{stated:.1f} s",
            found=f"{end:.1f} s",
            fix="Download it again",
        )
