"""Reads which video has which event, from the official format or a table."""

import csv
import itertools
import math
import re
import warnings
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ave_keras.data.annotations import Annotation, class_names_of, read_annotations
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
    """

    annotations: list
    splits: list | None
    file: Path
    positions: list
    lines: int
    class_names: tuple
    active: np.ndarray | None = None


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
    annotations, splits, positions = [], [], []
    for position, (number, line) in enumerate(lines):
        place = f"{path}:{number}"
        split = (line[names["split"]] or "").strip() if "split" in names else None
        if split is not None and split not in SPLITS:
            raise AVEError("unknown split", file=place, expected=f"one of {SPLITS}", found=repr(split))
        name, video, start, end = (str(line[names[key]] or "").strip() for key in ("class", "video", "start", "end"))
        if found := annotation_of(name, video, start, end, place, overlap):
            annotations.append(found)
            splits.append(split)
            positions.append(position)
    check_events(annotations, path)
    named = splits if "split" in names else None
    return Listing(annotations, named, path, positions, len(lines), class_names_of(annotations))


def _official(path):
    class_names = marker(path.parent).get("class_names")
    annotations = read_annotations(path, segments=np.inf, class_names=class_names)
    released = all((path.parent / f"{split}_order.h5").is_file() for split in SPLITS)
    splits = None if released else read_set_files(path.parent, annotations)
    names, rows = tuple(class_names or class_names_of(annotations)), len(annotations)
    _warn_of_case(annotations, path)
    return Listing(annotations, splits, path, [*range(rows)], rows, names, active_segments(path.parent, rows))


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


def _table(path, delimiter):
    """`([(line number, {header: text})], {column: header})` of a table."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, skipinitialspace=True, delimiter=delimiter)
            lines = [(reader.line_num, line) for line in reader]
            fields = reader.fieldnames or []
    except (UnicodeDecodeError, csv.Error) as error:
        raise AVEError("not a table", file=path, expected="UTF-8 text", found=error) from error
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


def check_events(annotations: list[Annotation], place: str | Path) -> None:
    """Warns of overlapping events and of ids that differ in case only.

    Raises:
        AVEError: There are no events.
    """
    if not annotations:
        raise AVEError("no event fills enough of a second", file=place, key="overlap")
    _warn_of_overlaps(annotations, place)
    _warn_of_case(annotations, place)


def check_ends(listing: Listing, rows: Iterable[int], segments: int) -> None:
    """Raises `AVEError` for the first of these annotations that ends after `segments`."""
    for row in rows:
        a = listing.annotations[row]
        if a.end > segments:
            raise AVEError(
                f"event {listing.positions[row] + 1} ends after the video",
                file=listing.file,
                expected=f"end <= {segments}",
                found=f"{a.video_id}: {a.start} to {a.end}",
                fix="Fix the line, or set a larger --segments",
            )


def _warn_of_overlaps(annotations, path):
    videos = defaultdict(list)
    for annotation in annotations:
        videos[annotation.video_id].append(annotation)
    pairs = (pair for events in videos.values() for pair in itertools.combinations(events, 2))
    both = [(a, b) for a, b in pairs if max(a.start, b.start) < min(a.end, b.end)]
    if both:
        a, b = both[0]
        example = f"{a.video_id}: {a.class_name} {a.start}-{a.end} and {b.class_name} {b.start}-{b.end}"
        warnings.warn(
            f"{path}: pairs of events that overlap: {len(both)}. Each event stays a row of its own. First, {example}",
            stacklevel=4,
        )


def _warn_of_case(annotations, path):
    folded = defaultdict(set)
    for annotation in annotations:
        folded[annotation.video_id.casefold()].add(annotation.video_id)
    alike = [sorted(ids) for ids in folded.values() if len(ids) > 1]
    if alike:
        ids = " and ".join(alike[0])
        warnings.warn(
            f"{path}: ids that differ in case only: {len(alike)}, taken for different videos. First, {ids}",
            stacklevel=4,
        )
