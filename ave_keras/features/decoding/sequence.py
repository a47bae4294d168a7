"""Reads a folder of numbered pictures, with or without a sound file, as a video."""

import re
from pathlib import Path
from typing import Any

from ave_keras.errors import AVEError
from ave_keras.features.decoding.containers import opened
from ave_keras.features.decoding.tracks import seconds_of

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
SOUNDS = (".wav", ".flac", ".mp3", ".ogg", ".m4a")
RATE_FILE = "fps.txt"


def pictures_of(folder: str | Path) -> list[Path]:
    """The pictures of a folder in numeric order: `2.png` comes before `10.png`.

    Raises:
        AVEError: There are no pictures.
    """
    found = [p for p in Path(folder).iterdir() if p.suffix.lower() in PICTURES]
    if not found:
        raise AVEError(
            "no pictures in the folder", file=folder, expected=f"files in {', '.join(PICTURES)}", found="none"
        )
    return sorted(found, key=lambda p: ([int(n) for n in re.findall(r"\d+", p.stem)], p.name))


def sound_of(folder: str | Path) -> Path | None:
    """The sound file of a folder, or None.

    Raises:
        AVEError: There are several.
    """
    found = sorted(p for p in Path(folder).iterdir() if p.suffix.lower() in SOUNDS)
    if len(found) > 1:
        raise AVEError("several sound files", file=folder, expected="one", found=", ".join(p.name for p in found))
    return found[0] if found else None


def rate_of(folder: str | Path) -> float:
    """Pictures per second: the number in `fps.txt`, else the rate at which the pictures last as long as the sound.

    Raises:
        AVEError: Both are missing, or `fps.txt` does not contain a valid rate.
    """
    rate_file, sound = Path(folder) / RATE_FILE, sound_of(folder)
    if rate_file.is_file():
        try:
            rate = float(rate_file.read_text().strip())
        except ValueError:
            rate = 0.0
        if not 0 < rate < 10_000:
            found = rate_file.read_text()
            raise AVEError("invalid picture rate", file=rate_file, expected="a number such as 25", found=found)
        return rate
    if sound is None:
        raise AVEError(
            "unknown picture rate",
            file=folder,
            expected=f"a sound file beside the pictures, or {RATE_FILE} with the number of pictures per second",
        )
    with opened(sound) as container:
        seconds = seconds_of(container)
    if not seconds:
        raise AVEError("the sound has no duration", file=sound, fix=f"Write {RATE_FILE} beside the pictures")
    return len(pictures_of(folder)) / seconds


def first_picture(path: str | Path) -> Any:
    """The first frame of a picture file."""
    with opened(path) as container:
        if not container.streams.video:
            raise AVEError("not a picture", file=path)
        return next(container.decode(container.streams.video[0]))
