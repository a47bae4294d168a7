"""A folder of numbered pictures, with or without a sound file, in the place of a video."""

import re
from pathlib import Path

from ave_keras.errors import AVEError
from ave_keras.features.decoding.containers import opened, seconds_of

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
SOUNDS = (".wav", ".flac", ".mp3", ".ogg", ".m4a")
RATE_FILE = "fps.txt"


def pictures_of(folder):
    """The pictures of a folder by number, so that `2.png` comes before `10.png`.

    Raises:
        AVEError: there is none.
    """
    found = [p for p in Path(folder).iterdir() if p.suffix.lower() in PICTURES]
    if not found:
        raise AVEError("no pictures", file=folder, expected=f"files in {', '.join(PICTURES)}", found="none")
    return sorted(found, key=lambda p: ([int(n) for n in re.findall(r"\d+", p.stem)], p.name))


def sound_of(folder):
    """The one sound file of a folder, or None.

    Raises:
        AVEError: there are several.
    """
    found = sorted(p for p in Path(folder).iterdir() if p.suffix.lower() in SOUNDS)
    if len(found) > 1:
        raise AVEError("several sound files", file=folder, expected="one", found=", ".join(p.name for p in found))
    return found[0] if found else None


def rate_of(folder):
    """Pictures per second: what `fps.txt` says, else so that they fill the sound.

    Raises:
        AVEError: neither is there, or `fps.txt` holds no positive number.
    """
    said, sound = Path(folder) / RATE_FILE, sound_of(folder)
    if said.is_file():
        try:
            rate = float(said.read_text().strip())
        except ValueError:
            rate = 0.0
        if not 0 < rate < 10_000:
            raise AVEError("no rate of pictures", file=said, expected="a number such as 25", found=said.read_text())
        return rate
    if sound is None:
        raise AVEError(
            "nothing says how fast the pictures follow each other",
            file=folder,
            expected=f"a sound file beside the pictures, which they fill, or {RATE_FILE} with their number per second",
        )
    with opened(sound) as container:
        seconds = seconds_of(container)
    if not seconds:
        raise AVEError("the sound has no length", file=sound, fix=f"Write {RATE_FILE} beside the pictures")
    return len(pictures_of(folder)) / seconds


def first_picture(path):
    """The first frame of a picture file."""
    with opened(path) as container:
        if not container.streams.video:
            raise AVEError("not a picture", file=path)
        return next(container.decode(container.streams.video[0]))
