"""Video and sound files opened by PyAV, their clock, and what can be wrong with them."""

import contextlib
from pathlib import Path

from ave_keras.errors import AVEError
from ave_keras.runtime.packages import require

# Seconds that a stream may end before it says it does; muxers round, and edit lists cut.
SLACK = 0.5
# Packets that are looked at for the first of each track.
PEEK = 500
# Bytes from which text is known.
HEAD = 1024


@contextlib.contextmanager
def opened(path):
    """An open PyAV container; what goes wrong inside the block becomes an `AVEError` that names the file.

    Raises:
        AVEError: PyAV is missing, no such file, or not a file that FFmpeg can read.
    """
    av = require("av", "video")
    path = Path(path)
    if not path.is_file():
        raise AVEError("no such video", file=path, found="a folder" if path.is_dir() else "nothing")
    if not path.stat().st_size:
        raise AVEError("not a video", file=path, found="an empty file", fix="Download or record it again")
    try:
        # A title in some other encoding is no reason to refuse the pictures.
        with av.open(str(path), metadata_errors="ignore") as container:
            yield container
    except (av.FFmpegError, ValueError) as error:
        if isinstance(error, AVEError):
            raise
        raise AVEError(
            "not a video that can be read",
            file=path,
            expected="a whole file of video or sound",
            found=_seen(path) or (error.strerror if isinstance(error, av.FFmpegError) else str(error).splitlines()[0]),
            fix="Download or record it again",
        ) from error


def _seen(path):
    """What a look at the file itself says of why FFmpeg cannot read it; None where that is nothing."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head[4:8] == b"ftyp":
        return "an mp4 that was cut off, or damaged: its index cannot be read"
    # A letter may be cut at the end of the head.
    text = head.decode("utf-8", errors="replace").rstrip("\ufffd")
    if all(letter.isprintable() or letter.isspace() for letter in text):
        return f"text that begins with {text[:20]!r}"
    return None


def clock(container):
    """Seconds that the container's clock shows at its beginning: 1.4 in MPEG-TS, 0 in most."""
    if (container.start_time or 0) <= 0:
        return 0.0
    # FFmpeg's own answer is late where one track of a Matroska file begins after the other.
    first = {}
    with opened(container.name) as again:
        kinds = {stream.type for stream in (*again.streams.video[:1], *again.streams.audio[:1])}
        for packet, _ in zip(again.demux(), range(PEEK), strict=False):
            if packet.pts is not None:
                first.setdefault(packet.stream.type, float(packet.pts * packet.time_base))
            if kinds <= first.keys():
                break
    return max(0.0, min(first.values(), default=0.0))


def seconds_of(container):
    """Length of the picture, or where there is none of the sound; 0.0 where nothing says it."""
    for stream in (*container.streams.video[:1], *container.streams.audio[:1]):
        if stream.duration:
            return float(stream.duration * stream.time_base)
    return (container.duration or 0) / 1e6


def frames(container, stream):
    """Decoded frames of a stream with their times, `(seconds, frame)`.

    Raises:
        AVEError: the stream ends well before it says it does: the file is cut off.
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
            "the file is cut off",
            file=Path(container.name),
            key=stream.type,
            expected=f"{stated:.1f} s",
            found=f"{end:.1f} s",
            fix="Download it again",
        )
