"""The names of videos and of splits, as people write them."""

import unicodedata
from pathlib import PurePath

from ave_keras.data.layout import SPLITS
from ave_keras.errors import AVEError

VIDEOS = (
    *(".mp4", ".mkv", ".webm", ".mov", ".avi", ".m4v", ".mpg", ".mpeg", ".ts", ".flv", ".3gp", ".wmv", ".ogv"),
    *(".h264", ".264"),
)
SOUNDS = (".wav", ".flac", ".mp3", ".ogg", ".m4a", ".aac")
_SPLITS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}


def stem_of(name: str) -> str:
    """The id of a video: its name without the suffix of a media file, in composed Unicode.

    >>> stem_of("dog.mp4"), stem_of("clip.v3")
    ('dog', 'clip.v3')
    """
    name = unicodedata.normalize("NFC", name)
    suffix = PurePath(name).suffix
    return name.removesuffix(suffix) if suffix.lower() in (*VIDEOS, *SOUNDS) else name


def split_of(text: str, place: object) -> str:
    """The split of a name such as "Train" or "validation".

    Raises:
        AVEError: An unknown name.
    """
    if text.strip().lower() not in _SPLITS:
        raise AVEError("unknown split", file=place, expected=f"one of {SPLITS}", found=repr(text))
    return _SPLITS[text.strip().lower()]
