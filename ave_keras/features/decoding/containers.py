"""Opens video and sound files with PyAV, and explains errors."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ave_keras.errors import AVEError, first_line
from ave_keras.runtime.packages import require

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
        container = av.open(str(path), metadata_errors="ignore")
    except (av.FFmpegError, ValueError) as error:
        raise _unreadable(path, "a complete video or sound file", _diagnose(path) or _reason(error)) from error
    try:
        with container:
            yield container
    except AVEError:
        raise
    except (av.FFmpegError, ValueError) as error:
        raise _unreadable(path, "a file that can be read to its end", _reason(error)) from error
    except IndexError as error:
        # PyAV has no entry for it in its list of streams.
        raise _unreadable(path, "the tracks of its header", "a track that starts later") from error


def _unreadable(path, expected, found):
    return AVEError("unreadable video", file=path, expected=expected, found=found, fix="Download or record it again")


def _reason(error):
    return getattr(error, "strerror", None) or first_line(error)


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
