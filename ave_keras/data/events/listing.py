"""Reads which video has which event, from the official format or a table."""

import csv
import math
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ave_keras.data.annotations import Annotation, check_spelling, class_names_of, read_annotations, read_lines
from ave_keras.data.events.checks import check_events, warn_of_case, warn_of_several_splits
from ave_keras.data.events.names import split_of
from ave_keras.data.events.splits import read_set_files
from ave_keras.data.layout import ANNOTATIONS, SPLITS, active_segments, marker
from ave_keras.errors import AVEError

# The columns of a table and the names that other projects give them, such as DCASE and AVVP.
COLUMNS = {
    "video": ("video", "filename", "file", "video_id"),
    "class": ("class", "label", "event_label", "event_labels", "category"),
    "start": ("start", "onset", "starttime"),
    "end": ("end", "offset", "endtime"),
}
CLOCK = re.compile(r"(?:(\d+):)?(\d+):([0-5]?\d(?:\.\d*)?)")
OVERLAP = 0.5


@dataclass(frozen=True)
class Listing:
    """The events of a file, in its order.

    Attributes:
        annotations: The list of `Annotation`; its `video_id` is the name of the video.
        splits: The split of each annotation, or None if the file has no splits.
        file: The path of the file.
        positions: The index of each annotation among the lines of the file, some of which may be left out.
        lines: The number of lines.
        class_names: The classes, in the order of the columns.
        active: `(N, T)` bool, false in the pauses of an event; None without pauses.
        places: The file and line of each annotation, for messages.
        official: Whether it is in the official format, where `*_order.h5` beside it count.
    """

    annotations: list
    splits: list | None
    file: Path
    positions: list
    lines: int
    class_names: tuple
    active: np.ndarray | None = None
    places: tuple = ()
    official: bool = False


def read_listing(path: str | Path, overlap: float = OVERLAP) -> Listing:
    """Reads an event list.

    A table has a header with the columns `video,class,start,end` and optionally `split`, or the names in `COLUMNS`. Its
    columns are separated by tabs, or by commas in a `.csv` file. Any other file is read as `Annotations.txt`, with
    the splits of `{train,val,test}Set.txt` beside it, unless `{train,val,test}_order.h5` are there, and the classes and
    pauses that `dataset.yaml` beside it names. For a folder, its `Annotations.txt` is read.

    `video` is a file name, with or without its suffix. `start` and `end` are seconds, `1.4`, or `0:01.4`. The event
    covers the seconds of which it fills at least `overlap`; an event that covers none is left out with a warning. If
    start and end are equal, the video has no event. Every event is a row of its own; a warning counts overlaps.

    Args:
        path: The file to read.
        overlap: The part of a second that an event must fill, `0 < overlap <= 1`.

    Returns:
        A `Listing`.

    Raises:
        AVEError: The file is missing, or a line breaks these rules; the message gives the line.
    """
    path = Path(path) / ANNOTATIONS if Path(path).is_dir() else Path(path)
    check_overlap(overlap)
    delimiter = _delimiter(path)
    if delimiter is None:
        return _official(path)
    lines, names = _table(path, delimiter)
    annotations, splits, positions, places = [], [], [], []
    for position, (place, line) in enumerate(lines):
        split = split_of(line[names["split"]] or "", place) if "split" in names else ""
        name, video, start, end = (str(line[names[key]] or "").strip() for key in ("class", "video", "start", "end"))
        if found := annotation_of(name, video, start, end, place, overlap):
            annotations.append(found)
            splits.append(split)
            positions.append(position)
            places.append(place)
    check_events(annotations, path)
    if "split" in names:
        warn_of_several_splits(annotations, splits, path)
    named, classes = splits if "split" in names else None, class_names_of(annotations)
    return Listing(annotations, named, path, positions, len(lines), classes, places=tuple(places))


def _official(path):
    class_names = marker(path.parent).get("class_names")
    annotations = read_annotations(path, segments=np.inf, class_names=class_names)
    released = all((path.parent / f"{split}_order.h5").is_file() for split in SPLITS)
    splits = None if released else read_set_files(path.parent, annotations)
    names, rows = tuple(class_names or class_names_of(annotations)), len(annotations)
    if not class_names:
        check_spelling(path, annotations)
    warn_of_case(annotations, path)
    places = tuple(f"{path}:{number}" for number, _ in read_lines(path))
    active = active_segments(path.parent, rows)
    return Listing(annotations, splits, path, [*range(rows)], rows, names, active, places, official=True)


def check_overlap(overlap: float) -> None:
    """Raises `AVEError` unless `0 < overlap <= 1`."""
    if not 0 < overlap <= 1:
        raise AVEError("invalid overlap", key="overlap", expected="0 < overlap <= 1", found=overlap)


def _delimiter(path):
    """The character between the columns of a table; None for the official format."""
    suffix = path.suffix.lower()
    if not path.is_file():
        if suffix in (".csv", ".tsv"):
            raise AVEError("file not found", file=path, expected=f"a table with columns {','.join(COLUMNS)}")
        return None
    with path.open("rb") as file:
        header = next((line for line in file if line.strip()), b"")
    if suffix == ".tsv" or (b"\t" in header and b"&" not in header):
        return "\t"
    return "," if suffix == ".csv" else None


def read_rows(path: Path, delimiter: str) -> tuple[list[tuple[str, dict[str, str]]], list[str]]:
    """`([(file and line, {header: text})], headers)` of a table.

    Raises:
        AVEError: The file is not text.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, skipinitialspace=True, delimiter=delimiter)
            lines = [(f"{path}:{reader.line_num}", line) for line in reader]
            return lines, list(reader.fieldnames or [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise AVEError("not a table", file=path, expected="UTF-8 text", found=error) from error


def _table(path, delimiter):
    """`([(file and line, {header: text})], {column: header})` of an event list."""
    lines, fields = read_rows(path, delimiter)
    known = {field.strip().lower(): field for field in reversed(fields)}
    known_as = {**COLUMNS, "split": ("split",)}
    names = {key: found[0] for key, others in known_as.items() if (found := [known[n] for n in others if n in known])}
    missing = [column for column in COLUMNS if column not in names]
    if missing or not lines:
        found = f"no {', '.join(missing)} in {fields}" if missing else "no rows after the header"
        raise AVEError("not an event list", file=path, expected=f"columns {','.join(COLUMNS)}", found=found)
    return lines, names


def annotation_of(
    name: str, video: str, start: str | float, end: str | float, place: str, overlap: float = OVERLAP
) -> Annotation | None:
    """The annotation of an event in seconds; None, with a warning, if it fills too little of every second.

    Args:
        name: The class.
        video: The id of the video.
        start: The start in seconds, a number or a text such as `1.4` or `0:01.4`.
        end: The end.
        place: The file and line, for messages.
        overlap: See `read_listing`.

    Raises:
        AVEError: A name is empty or contains `&`, or the times are not `0 <= start <= end`.
    """
    for key, text in (("class", name), ("video", video)):
        if not text or set(text) & set("&\n\r"):
            raise AVEError("invalid name", file=place, key=key, expected="text without &", found=repr(text))
    begin, finish = (_seconds(str(value), place) for value in (start, end))
    if not 0 <= begin <= finish:
        raise AVEError("event outside the clip", file=place, expected="0 <= start <= end", found=f"{start}, {end}")
    if begin == finish:
        return Annotation(name, video, "good", int(begin), int(begin))
    first, last = covered(begin, finish, overlap)
    if first < last:
        return Annotation(name, video, "good", first, last)
    warnings.warn(f"{place}: {name} from {start} to {end} is left out: it fills no second by {overlap:g}", stacklevel=4)
    return None


def _seconds(text, place):
    """The seconds of `12`, `1.4`, `0:01.4` or `1:00:01.4`."""
    try:
        if clock := CLOCK.fullmatch(text):
            hours, minutes, seconds = clock.groups()
            return 3600 * int(hours or 0) + 60 * int(minutes) + float(seconds)
        if math.isfinite(seconds := float(text)):
            return seconds
    except ValueError:
        pass
    raise AVEError("event times must be seconds", file=place, expected="such as 3, 1.4 or 0:01.4", found=repr(text))


def covered(start: float, end: float, overlap: float) -> tuple[int, int]:
    """The seconds `first <= t < last` of which an event from `start` to `end` fills at least `overlap`.

    >>> covered(1.4, 4.7, 0.5)
    (1, 5)
    """
    least = overlap - 1e-9  # 1.9 - 1.4 is a little less than 0.5.
    first, last = math.floor(start), math.ceil(end) - 1
    first += min(first + 1, end) - start < least
    return first, last + (end - max(last, start) >= least)
