"""Reads which video has which event, from the official format or a CSV, and finds the video files."""

import csv
from collections.abc import Iterable
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
    """The events of a file, in its order.

    Attributes:
        annotations: The list of `Annotation`; its `video_id` is the name of the video.
        splits: The split of each annotation, or None if the file has no splits.
        file: The path of the file.
    """

    annotations: list
    splits: list | None
    file: Path


def read_listing(path: str | Path) -> Listing:
    """Reads an event list.

    A `.csv` file has a header with the columns `video,class,start,end` and optionally `split`; any other file is read
    as `Annotations.txt`. `video` is a file name, with or without its suffix. The event covers the segments
    `start <= t < end`; if start and end are equal, the video has no event.

    Args:
        path: The file to read.

    Returns:
        A `Listing`.

    Raises:
        AVEError: The file is missing, or a line breaks these rules; the message gives the line.
    """
    path = Path(path)
    if path.suffix.lower() != ".csv":
        return Listing(read_annotations(path, segments=np.inf), None, path)
    if not path.is_file():
        raise AVEError("file not found", file=path, expected=f"a CSV with columns {','.join(COLUMNS)}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            lines = [(reader.line_num, line) for line in reader]
            fields = reader.fieldnames or []
    except (UnicodeDecodeError, csv.Error) as error:
        raise AVEError("not a CSV file", file=path, expected="UTF-8 text", found=error) from error
    missing = [column for column in COLUMNS if column not in fields]
    if missing or not lines:
        found = f"no {', '.join(missing)} in {fields}" if missing else "no rows after the header"
        raise AVEError("not an event list", file=path, expected=f"columns {','.join(COLUMNS)}", found=found)
    annotations = [_annotation(line, f"{path}:{number}") for number, line in lines]
    if "split" not in fields:
        return Listing(annotations, None, path)
    splits = [(line["split"] or "").strip() for _, line in lines]
    for (number, _), split in zip(lines, splits, strict=True):
        if split not in SPLITS:
            raise AVEError("unknown split", file=f"{path}:{number}", expected=f"one of {SPLITS}", found=repr(split))
    return Listing(annotations, splits, path)


def find_videos(paths: Iterable[str | Path]) -> dict[str, Path]:
    """Finds videos by name.

    Args:
        paths: Video files, folders of video files, and folders of pictures, see `sequence`.

    Returns:
        `{name without suffix: path}` in order. It includes missing paths, so that the extraction can report them.

    Raises:
        AVEError: Two videos have the same name.
    """
    videos: dict[str, Path] = {}
    for path in (video for source in paths for video in _expand(Path(source))):
        name = path.name if path.is_dir() else path.stem
        if videos.setdefault(name, path) != path:
            raise AVEError("two videos have the same name", file=path, found=videos[name], fix="Rename one of them")
    return videos


def _expand(path):
    if not path.is_dir() or any(p.suffix.lower() in PICTURES for p in path.iterdir()):
        return [path]
    inner = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES or p.is_dir())
    if not inner:
        raise AVEError("no videos in the folder", file=path, expected=f"files in {', '.join(SUFFIXES[:5])}, …")
    return inner


def _annotation(line, place):
    name, video, start, end = (str(line[key] or "").strip() for key in ("class", "video", "start", "end"))
    try:
        start, end = int(start), int(end)
    except ValueError:
        raise AVEError("event times must be whole segments", file=place, expected="integers", found=line) from None
    if not 0 <= start <= end:
        raise AVEError("event outside the clip", file=place, expected="0 <= start <= end", found=f"{start}, {end}")
    for key, text in (("class", name), ("video", video)):
        if not text or set(text) & set("&\n\r"):
            raise AVEError("invalid name", file=place, key=key, expected="text without &", found=repr(text))
    return Annotation(name, video, "good", start, end)
