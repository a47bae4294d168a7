"""Writes all of a data set but its features: annotations, labels, splits and `dataset.yaml`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import yaml

from ave_keras.data import layout
from ave_keras.data.annotations import segment_labels, video_labels, write_annotations
from ave_keras.data.events.splits import make_splits, match_splits, rows_of
from ave_keras.data.storage.hdf5 import LABELS, ORDER
from ave_keras.data.storage.writing import write_array

if TYPE_CHECKING:
    from ave_keras.data.events.listing import Listing


def write_tables(
    new: Callable[[str], Path], listing: Listing, rows: Sequence[int], segments: int, title: str, clips: int = 0
) -> None:
    """Writes the files; the splits are those of the listing, of order files beside it, or made by `make_splits`.

    Args:
        new: Returns the path to write for the name of a file, see `new_files`.
        listing: The `Listing`.
        rows: The indices of the annotations to write.
        segments: T.
        title: The title of the data set.
        clips: The number of background clips.
    """
    annotations = [listing.annotations[n] for n in rows]
    present = {a.class_name for a in annotations}
    classes = [name for name in listing.class_names if name in present]
    active = None if listing.active is None else _fitted(listing.active[list(rows)], segments)
    splits, match = splits_of(listing, rows, segments, active)
    # As bytes, because the labels of long videos with many classes are large.
    labels = segment_labels(annotations, classes, segments, active)
    write_array(new(layout.SEGMENT_LABELS), LABELS, labels if active is None else labels.astype("uint8"))
    write_array(new("mil_labels.h5"), LABELS, video_labels(annotations, classes))
    if clips:
        write_array(new("labels_noisy.h5"), LABELS, layout.all_background(clips, len(classes) + 1))
    for suffix, chosen in (("", splits), ("_match", match)):
        for split, numbers in chosen.items():
            write_array(new(f"{split}_order{suffix}.h5"), ORDER, numbers)
    marker = {"title": title, "class_names": classes} | ({} if active is None else {layout.PAUSES: True})
    new(layout.MARKER).write_text(yaml.safe_dump(marker, sort_keys=False, allow_unicode=True), encoding="utf-8")
    write_annotations(new(layout.ANNOTATIONS), annotations)


def _fitted(active, segments):
    """`(N, T)` with columns cut or added."""
    return np.pad(active[:, :segments], ((0, 0), (0, max(0, segments - active.shape[1]))))


def splits_of(
    listing: Listing, rows: Sequence[int], segments: int, active: np.ndarray | None = None
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The splits, and those for cross-modality localization, of some annotations.

    Those of the listing, else of the order files beside `Annotations.txt`, else made by `make_splits`; also, with a
    warning, if one of the former is empty.

    Args:
        listing: The `Listing`.
        rows: The indices of the annotations.
        segments: T.
        active: The seconds of their events, see `annotations.segment_labels`.

    Returns:
        `(splits, match splits)`, as numbers of `rows`.
    """
    annotations = [listing.annotations[n] for n in rows]
    if listing.splits:
        splits, match = rows_of([listing.splits[n] for n in rows]), None
    else:
        splits, match = (_released(listing, rows, suffix) for suffix in ("", "_match"))
    if splits is None or not all(map(len, splits.values())):
        if splits is not None:
            warnings.warn("a split of the annotations is empty; using new splits", stacklevel=6)
        splits, match = make_splits(annotations), None
        if len(splits["train"]) == len(annotations):
            warnings.warn("fewer than three videos: train, val and test are the same", stacklevel=6)
    if match is None:
        match = match_splits(annotations, splits, segments, active)
    return splits, {s: r for s, r in match.items() if len(r)}


def _released(listing, rows, suffix):
    """The splits of the order files beside `Annotations.txt`, renumbered; None if a file is missing."""
    folder, count = listing.file.parent, len(listing.annotations)
    if not listing.official or not all((folder / f"{s}_order{suffix}.h5").is_file() for s in layout.SPLITS):
        return None
    new_row = {row: n for n, row in enumerate(rows)}
    read = {s: layout.read_split(folder, s, count, suffix) for s in layout.SPLITS}
    return {s: np.array([new_row[r] for r in order if r in new_row], "int64") for s, order in read.items()}
