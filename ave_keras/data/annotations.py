"""The annotation file of the official layout, and the labels that follow from it."""

import difflib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ave_keras.errors import AVEError

# A class of one line beside one of so many lines and nearly the same name is a slip.
MANY = 10
FIELDS = "class&youtube_id&quality&start&end"


class Annotation(NamedTuple):
    """One row of the data set: the event of `class_name` fills the segments `start <= t < end` of the video.

    Attributes:
        class_name: the event's class.
        video_id: YouTube's id; the released file repeats 46 of them.
        quality: "good" throughout the released file.
        start: first segment of the event.
        end: the segment after its last one; equal to `start` where there is no event.
    """

    class_name: str
    video_id: str
    quality: str
    start: int
    end: int

    @property
    def length(self) -> int:
        """Segments of the event."""
        return self.end - self.start


def read_annotations(
    path: str | Path, *, segments: float = 10, class_names: Sequence[str] | None = None
) -> list[Annotation]:
    """Reads `Annotations.txt`: a row per line, five fields parted by `&`, no header.

    Args:
        path: the file.
        segments: T, which no event may pass.
        class_names: the classes that may occur; all, if not given.

    Returns:
        A list of `Annotation`; its order numbers the rows of all other files.

    Raises:
        AVEError: no such file, or a line that breaks these rules; the message names the line.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        raise AVEError("no such file", file=path, expected=f"lines {FIELDS}") from None
    except UnicodeDecodeError as error:
        raise AVEError("not a text file", file=path, expected="UTF-8", found=error.reason) from None
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise AVEError("no annotations", file=path, expected=f"lines {FIELDS}", found="an empty file")
    known = None if class_names is None else set(class_names)
    return [_parse(line.rstrip("\r"), f"{path}:{n}", segments, known) for n, line in enumerate(lines, 1)]


def _parse(line, place, segments, known):
    fields = line.split("&")
    if len(fields) != 5:
        raise AVEError(
            "an annotation has five fields",
            file=place,
            expected=FIELDS,
            found=f"{len(fields)} in {line!r}",
            fix="Mend or remove the line; removing it shifts the rows of the features",
        )
    name, video_id, quality, start, end = fields
    if known is not None and name not in known:
        raise AVEError(
            "unknown class",
            file=place,
            expected=f"one of {sorted(known)}",
            found=repr(name),
            fix="Mend the line, or add the class to dataset.yaml's class_names",
        )
    try:
        start, end = int(start), int(end)
    except ValueError:
        raise AVEError(
            "event times are whole segments", file=place, expected="integers", found=repr(line), fix="Mend the line"
        ) from None
    if not 0 <= start <= end <= segments:
        raise AVEError(
            "event outside the clip",
            file=place,
            expected="0 <= start <= end" + (f" <= {segments}" if np.isfinite(segments) else ""),
            found=f"start {start}, end {end}",
            fix=f"Mend the line, or take features of clips of {end} segments" if 0 <= start <= end else "Mend the line",
        )
    return Annotation(name, video_id, quality, start, end)


def class_names_of(annotations: Sequence[Annotation]) -> tuple[str, ...]:
    """The classes in the order of their first appearance, which is how the released files number them."""
    return tuple(dict.fromkeys(a.class_name for a in annotations))


def refuse_misspelt(path: str | Path, annotations: Sequence[Annotation]) -> None:
    """`AVEError` for a class of a single line whose name is nearly a common one's; for sets that do not list theirs."""
    counts = Counter(a.class_name for a in annotations)
    common = [name for name, count in counts.items() if count >= MANY]
    for line, a in enumerate(annotations, 1):
        if counts[a.class_name] == 1 and (near := difflib.get_close_matches(a.class_name, common, 1, 0.7)):
            raise AVEError(
                "unknown class",
                file=f"{path}:{line}",
                expected=f"{near[0]!r}, which {counts[near[0]]} lines have",
                found=repr(a.class_name),
                fix="Mend the line, or list all classes as class_names in dataset.yaml",
            )


def segment_labels(annotations: Sequence[Annotation], class_names: Sequence[str], segments: int) -> np.ndarray:
    """One-hot `(N, T, C + 1)` float32: the class inside the event, the last column, background, outside."""
    labels = np.zeros((len(annotations), segments, len(class_names) + 1), "float32")
    number = {name: c for c, name in enumerate(class_names)}
    labels[:, :, -1] = 1
    for row, a in enumerate(annotations):
        labels[row, a.start : a.end, -1] = 0
        labels[row, a.start : a.end, number[a.class_name]] = 1
    return labels


def video_labels(annotations: Sequence[Annotation], class_names: Sequence[str]) -> np.ndarray:
    """One-hot `(N, C + 1)` float32 of the video's class; the background column is never set, as in `mil_labels.h5`."""
    number = {name: c for c, name in enumerate(class_names)}
    return np.eye(len(class_names) + 1, dtype="float32")[[number[a.class_name] for a in annotations]]


def write_annotations(path: str | Path, annotations: Sequence[Annotation]) -> None:
    """Writes the lines that `read_annotations` reads."""
    lines = ("&".join(map(str, a)) + "\n" for a in annotations)
    Path(path).write_text("".join(lines), encoding="utf-8")
