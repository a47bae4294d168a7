"""Which video holds which event: the official format or a CSV, matched with the files that are there."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ave_keras.data.annotations import Annotation, read_annotations
from ave_keras.data.layout import SPLITS
from ave_keras.errors import AVEError
from ave_keras.features.decoding.sequence import PICTURES

COLUMNS = ("video", "class", "start", "end")
SUFFIXES = (".mp4", ".mkv", ".webm", ".mov", ".avi", ".m4v", ".mpg", ".mpeg", ".ts", ".flv", ".3gp", ".wmv", ".ogv")


@dataclass(frozen=True)
class Listing:
    """Events in the order of their file.

    Attributes:
        annotations: `Annotation`s, whose `video_id` names the video.
        splits: a split for each of them, or None where the file has none.
        file: its path.
    """

    annotations: list
    splits: list | None
    file: Path


def read_listing(path):
    """Reads events.

    A `.csv` file has a header and the columns `video,class,start,end`, and perhaps `split`; anything else is read as
    `Annotations.txt`. `video` is a file's name, with or without its suffix. The event fills the segments
    `start <= t < end`; equal numbers are a video without an event.

    Args:
        path: of the file.

    Returns:
        A `Listing`.

    Raises:
        AVEError: no such file, or a line that breaks these rules; the message names the line.
    """
    path = Path(path)
    if path.suffix.lower() != ".csv":
        return Listing(read_annotations(path, segments=np.inf), None, path)
    if not path.is_file():
        raise AVEError("no such file", file=path, expected=f"a CSV with columns {','.join(COLUMNS)}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            lines = [(reader.line_num, line) for line in reader]
            fields = reader.fieldnames or []
    except (UnicodeDecodeError, csv.Error) as error:
        raise AVEError("not a CSV file", file=path, expected="UTF-8 text", found=error) from error
    missing = [column for column in COLUMNS if column not in fields]
    if missing or not lines:
        found = f"no {', '.join(missing)} in {fields}" if missing else "no line below the header"
        raise AVEError("not a list of events", file=path, expected=f"columns {','.join(COLUMNS)}", found=found)
    annotations = [_annotation(line, f"{path}:{number}") for number, line in lines]
    if "split" not in fields:
        return Listing(annotations, None, path)
    splits = [(line["split"] or "").strip() for _, line in lines]
    for (number, _), split in zip(lines, splits, strict=True):
        if split not in SPLITS:
            raise AVEError("no such split", file=f"{path}:{number}", expected=f"one of {SPLITS}", found=repr(split))
    return Listing(annotations, splits, path)


def find_videos(paths):
    """Videos by name.

    Args:
        paths: video files, folders of them, and folders of pictures, see `sequence`.

    Returns:
        `{name without suffix: path}` in order; a path that is not there is among them, to be told at the end.

    Raises:
        AVEError: two of the same name.
    """
    found = {}
    for path in (inner for given in paths for inner in _inside(Path(given))):
        name = path.name if path.is_dir() else path.stem
        if found.setdefault(name, path) != path:
            raise AVEError("two videos of the same name", file=path, found=found[name], fix="Rename one of them")
    return found


def _inside(path):
    if not path.is_dir() or any(p.suffix.lower() in PICTURES for p in path.iterdir()):
        return [path]
    inner = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES or p.is_dir())
    if not inner:
        raise AVEError("no video in the folder", file=path, expected=f"files in {', '.join(SUFFIXES[:5])}, …")
    return inner


def _annotation(line, place):
    name, video, start, end = (str(line[key] or "").strip() for key in ("class", "video", "start", "end"))
    try:
        start, end = int(start), int(end)
    except ValueError:
        raise AVEError("event times are whole segments", file=place, expected="integers", found=line) from None
    if not 0 <= start <= end:
        raise AVEError("event outside the clip", file=place, expected="0 <= start <= end", found=f"{start}, {end}")
    for key, text in (("class", name), ("video", video)):
        if not text or set(text) & set("&\n\r"):
            raise AVEError("no such name", file=place, key=key, expected="text without &", found=repr(text))
    return Annotation(name, video, "good", start, end)
