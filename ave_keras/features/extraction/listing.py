"""Reads which video has which event, from the official format or a CSV, and finds the video files."""

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

from ave_keras.data.annotations import Annotation, read_annotations
from ave_keras.data.layout import ANNOTATIONS, SPLITS
from ave_keras.errors import AVEError
from ave_keras.features.decoding.sequence import PICTURES
from ave_keras.features.extraction.splits import read_set_files

# The columns of a table and the names that other projects give them, such as DCASE and AVVP.
COLUMNS = {
    "video": ("video", "filename", "file", "video_id"),
    "class": ("class", "label", "event_label", "event_labels", "category"),
    "start": ("start", "onset", "starttime"),
    "end": ("end", "offset", "endtime"),
}
CLOCK = re.compile(r"(?:(\d+):)?(\d+):([0-5]?\d(?:\.\d*)?)")
OVERLAP = 0.5
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


def read_listing(path: str | Path, overlap: float = OVERLAP) -> Listing:
    """Reads an event list.

    A table has a header with the columns `video,class,start,end` and optionally `split`, or the names in `COLUMNS`. Its
    columns are separated by tabs, or by commas in a `.csv` file. Any other file is read as `Annotations.txt`, with
    the splits of `{train,val,test}Set.txt` beside it, unless `{train,val,test}_order.h5` are there.

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
    path = Path(path)
    if not 0 < overlap <= 1:
        raise AVEError("invalid overlap", key="overlap", expected="0 < overlap <= 1", found=overlap)
    delimiter = _delimiter(path)
    if delimiter is None:
        annotations = read_annotations(path, segments=np.inf)
        released = all((path.parent / f"{split}_order.h5").is_file() for split in SPLITS)
        return Listing(annotations, None if released else read_set_files(path.parent, annotations), path)
    lines, names = _table(path, delimiter)
    annotations, splits = [], []
    for number, line in lines:
        place = f"{path}:{number}"
        split = (line[names["split"]] or "").strip() if "split" in names else None
        if split is not None and split not in SPLITS:
            raise AVEError("unknown split", file=place, expected=f"one of {SPLITS}", found=repr(split))
        if found := _annotation(line, names, place, overlap):
            annotations.append(found)
            splits.append(split)
    if not annotations:
        raise AVEError("no event fills enough of a second", file=path, key="overlap", found=overlap)
    _warn_of_overlaps(annotations, path)
    return Listing(annotations, splits if "split" in names else None, path)


def dataset_folder(folder: str | Path) -> tuple[Path, Path]:
    """The folder of videos and the annotations of a downloaded `AVE_Dataset`.

    Raises:
        AVEError: The folder has no `Annotations.txt`.
    """
    folder = Path(folder)
    if not (folder / ANNOTATIONS).is_file():
        fix = "Say where the events are with --annotations"
        raise AVEError("no annotations", file=folder, expected=f"a folder with {ANNOTATIONS}, as AVE_Dataset", fix=fix)
    return next(p for p in (folder / "AVE", folder) if p.is_dir()), folder / ANNOTATIONS


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


def _annotation(line, names, place, overlap):
    """The annotation of a line of a table; None if its event fills too little of every second."""
    name, video, start, end = (str(line[names[key]] or "").strip() for key in ("class", "video", "start", "end"))
    for key, text in (("class", name), ("video", video)):
        if not text or set(text) & set("&\n\r"):
            raise AVEError("invalid name", file=place, key=key, expected="text without &", found=repr(text))
    begin, finish = (_seconds(text, place) for text in (start, end))
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
            stacklevel=3,
        )
