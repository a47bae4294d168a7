"""Reproducible train, validation and test splits for your own data set, without leaks between them."""

from __future__ import annotations

import hashlib
import warnings
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ave_keras.data.annotations import Annotation, parse_line, read_lines
from ave_keras.data.layout import SPLITS
from ave_keras.errors import AVEError

# The official split sizes are 3339, 402 and 402 of 4143.
HELD_OUT = 0.1


def make_splits(annotations: Sequence[Annotation]) -> dict[str, np.ndarray]:
    """Splits by video: a tenth each for validation and test, the rest for training.

    The splits are deterministic: the videos of a class are sorted by the sha256 of their ids. Rows of the same video
    stay together. The first video of every class goes to training; the held-out videos are spread evenly over classes.

    Args:
        annotations: The list of `Annotation`.

    Returns:
        `{"train": …, "val": …, "test": …}` row numbers, int64. With fewer than three videos, each split has all rows.
    """
    classes: dict[str, str] = {}
    for a in annotations:
        classes.setdefault(a.video_id, a.class_name)
    order = sorted(classes, key=lambda v: (classes[v], hashlib.sha256(v.encode()).hexdigest()))
    if len(order) < 3:
        return {split: np.arange(len(annotations)) for split in SPLITS}
    held = max(1, round(HELD_OUT * len(order)))
    rest = [v for before, v in zip([None, *order], order, strict=False) if before and classes[before] == classes[v]]
    pool = rest if len(rest) >= 2 * held else order
    chosen = [pool[i] for i in np.linspace(0, len(pool) - 1, 2 * held).round().astype(int)]
    split_of = {v: ("val", "test")[n % 2] for n, v in enumerate(chosen)}
    return rows_of([split_of.get(a.video_id, "train") for a in annotations])


def read_set_files(folder: Path, annotations: Sequence[Annotation]) -> list[str] | None:
    """Reads `trainSet.txt`, `valSet.txt` and `testSet.txt`, as in the `AVE_Dataset` archive.

    Args:
        folder: The folder of the files, which have the format of `Annotations.txt`.
        annotations: The list of `Annotation` that the files refer to.

    Returns:
        The split of each annotation, "" for those in no file; None if the folder has none of the files.

    Raises:
        AVEError: One of the files is missing, or a line is not an annotation or occurs twice; the message names it.
    """
    files = {split: folder / f"{split}Set.txt" for split in SPLITS}
    if not any(file.is_file() for file in files.values()):
        return None
    rows, places = defaultdict(list), dict[Annotation, str]()
    for row, a in enumerate(annotations):
        rows[a].append(row)
    splits = [""] * len(annotations)
    for split, file in files.items():
        for number, text in read_lines(file):
            place = f"{file}:{number}"
            a = parse_line(text, place)
            if not rows[a]:
                found = f"{text!r}, used by {places[a]}" if a in places else repr(text)
                fix = f"Use the {file.name} that belongs to the annotations, or remove the line"
                expected = "a line of the annotations, in one split only"
                raise AVEError("invalid split", file=place, expected=expected, found=found, fix=fix)
            splits[rows[a].pop(0)] = split
            places[a] = f"{file.name}:{number}"
    if "" in splits:
        a = annotations[splits.index("")]
        warnings.warn(f"annotations in no split: {splits.count('')}. First, {a.class_name} {a.video_id}", stacklevel=4)
    return splits


def rows_of(splits: Sequence[str]) -> dict[str, np.ndarray]:
    """Turns the split of each row into `{split: row numbers}`."""
    return {split: np.flatnonzero(np.array(splits) == split) for split in SPLITS}


def match_splits(
    annotations: Sequence[Annotation], splits: dict[str, np.ndarray], segments: int, active: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """The splits of cross-modality localization: rows with an event without pauses, `{split: row numbers}`.

    Validation and test use only events shorter than the video, where the start can be wrong. Splits without any such
    event are dropped. `active` is that of `annotations.segment_labels`.
    """
    lengths = np.array([a.length for a in annotations])
    if active is not None:
        lengths[[not on[a.start : a.end].all() for a, on in zip(annotations, active, strict=True)]] = 0
    chosen = {s: r[(lengths[r] > 0) & ((lengths[r] < segments) | (s == "train"))] for s, r in splits.items()}
    return {s: rows for s, rows in chosen.items() if len(rows)}
