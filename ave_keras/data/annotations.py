"""The annotation file of the official layout, and the labels that follow from it."""

import difflib
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ave_keras.errors import AVEError

# A class with a single line is taken for a typo of a similar name that has this many lines.
MANY = 10
FIELDS = "class&youtube_id&quality&start&end"
# The header of the `AVE_Dataset` archive.
HEADER = "Category&VideoID&Quality&StartTime&EndTime"


class Annotation(NamedTuple):
    """One row of the data set: an event of `class_name` in the segments `start <= t < end` of the video.

    Attributes:
        class_name: The event's class.
        video_id: The YouTube id; the released file repeats 46 ids.
        quality: "good" throughout the released file.
        start: First segment of the event.
        end: The segment after the last one; equal to `start` if there is no event.
    """

    class_name: str
    video_id: str
    quality: str
    start: int
    end: int

    @property
    def length(self) -> int:
        """Number of segments of the event."""
        return self.end - self.start


def read_annotations(
    path: str | Path, *, segments: float = 10, class_names: Sequence[str] | None = None
) -> list[Annotation]:
    """Reads `Annotations.txt`: one row per line, with five fields separated by `&`.

    A header as in the `AVE_Dataset` archive, a byte order mark, blank lines, Windows line ends and times such as `3.0`
    are accepted.

    Args:
        path: The file to read.
        segments: T, the last possible end of an event.
        class_names: The classes that may occur; all by default.

    Returns:
        A list of `Annotation`, in the order of the rows in all other files.

    Raises:
        AVEError: The file is missing, or a line is invalid; the message names the line.
    """
    known = None if class_names is None else set(class_names)
    return [parse_line(line, f"{path}:{number}", segments, known) for number, line in read_lines(path)]


def read_lines(path: str | Path) -> list[tuple[int, str]]:
    """The annotations of a file as `(line number, text)`, without header and blank lines.

    Raises:
        AVEError: The file is missing, not text, or has no annotations; its header has another order of columns.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise AVEError("file not found", file=path, expected=f"lines {FIELDS}") from None
    except UnicodeDecodeError as error:
        raise AVEError("not a text file", file=path, expected="UTF-8", found=error.reason) from None
    numbered = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    if numbered and _is_header(numbered[0][1], path):
        del numbered[0]
    if not numbered:
        raise AVEError("no annotations", file=path, expected=f"lines {FIELDS}", found="none")
    return numbered


def _is_header(line, path):
    fields, expected = (text.lower().split("&") for text in (line, HEADER))
    if fields == expected:
        return True
    if set(fields) != set(expected):
        return False
    raise AVEError(
        "wrong order of columns",
        file=f"{path}:1",
        expected=HEADER,
        found=line,
        fix="Reorder the columns in every line, or remove the header if the lines are in the expected order",
    )


def parse_line(line: str, place: str, segments: float = np.inf, known: Collection[str] | None = None) -> Annotation:
    """The annotation of one line; `place`, its file and number, is for the error. See `read_annotations`."""
    fields = line.split("&")
    if len(fields) != 5:
        raise AVEError(
            "invalid annotation",
            file=place,
            expected=f"five fields, {FIELDS}",
            found=f"{len(fields)} in {line!r}",
            fix="Fix or remove the line; removing it shifts the rows of the features",
        )
    name, video_id, quality, start, end = fields
    if known is not None and name not in known:
        raise AVEError(
            "unknown class",
            file=place,
            expected=f"one of {sorted(known)}",
            found=repr(name),
            fix="Fix the line, or add the class to class_names in dataset.yaml",
        )
    try:
        start, end = map(_whole, (start, end))
    except ValueError:
        raise AVEError(
            "invalid event time", file=place, expected="whole segments", found=repr(line), fix="Fix the line"
        ) from None
    if not 0 <= start <= end <= segments:
        raise AVEError(
            "event outside the clip",
            file=place,
            expected="0 <= start <= end" + (f" <= {segments}" if np.isfinite(segments) else ""),
            found=f"start {start}, end {end}",
            fix=f"Fix the line, or use features of clips with {end} segments" if 0 <= start <= end else "Fix the line",
        )
    return Annotation(name, video_id, quality, start, end)


def _whole(text):
    """A whole number, which may be written as `3.0`."""
    if not float(text).is_integer():
        raise ValueError(text)
    return int(float(text))


def class_names_of(annotations: Sequence[Annotation]) -> tuple[str, ...]:
    """The classes in order of first appearance, which is how the released files number them."""
    return tuple(dict.fromkeys(a.class_name for a in annotations))


def check_spelling(path: str | Path, annotations: Sequence[Annotation]) -> None:
    """Raises `AVEError` for a class with a single line whose name resembles a common one."""
    counts = Counter(a.class_name for a in annotations)
    common = [name for name, count in counts.items() if count >= MANY]
    for row, a in enumerate(annotations):
        if counts[a.class_name] == 1 and (near := difflib.get_close_matches(a.class_name, common, 1, 0.7)):
            raise AVEError(
                "unknown class",
                file=f"{path}:{read_lines(path)[row][0]}",
                expected=f"{near[0]!r}, as in {counts[near[0]]} lines",
                found=repr(a.class_name),
                fix="Fix the line, or list all classes as class_names in dataset.yaml",
            )


def segment_labels(
    annotations: Sequence[Annotation], class_names: Sequence[str], segments: int, active: np.ndarray | None = None
) -> np.ndarray:
    """One-hot labels `(N, T, C + 1)` float32: the class inside the event, background (the last column) outside.

    Args:
        annotations: The N events.
        class_names: The C classes in the order of the columns.
        segments: T.
        active: `(N, T)` bool, false in the pauses of an event; by default, there are none.
    """
    labels = np.zeros((len(annotations), segments, len(class_names) + 1), "float32")
    number = {name: c for c, name in enumerate(class_names)}
    for row, a in enumerate(annotations):
        labels[row, a.start : a.end, number[a.class_name]] = 1
    if active is not None:
        labels *= active[:, :, None]
    labels[:, :, -1] = 1 - labels.max(axis=2)
    return labels


def video_labels(annotations: Sequence[Annotation], class_names: Sequence[str]) -> np.ndarray:
    """One-hot classes of the videos `(N, C + 1)` float32; background is never set, as in `mil_labels.h5`."""
    number = {name: c for c, name in enumerate(class_names)}
    return np.eye(len(class_names) + 1, dtype="float32")[[number[a.class_name] for a in annotations]]


def format_annotations(annotations: Sequence[Annotation]) -> str:
    """The text of an annotation file, without header."""
    return "".join("&".join(map(str, a)) + "\n" for a in annotations)


def write_annotations(path: str | Path, annotations: Sequence[Annotation]) -> None:
    """Writes a file that `read_annotations` reads."""
    Path(path).write_text(format_annotations(annotations), encoding="utf-8")
