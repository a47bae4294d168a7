"""A data set of arrays in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ave_keras.data.annotations import Annotation, class_names_of, segment_labels, video_labels
from ave_keras.data.events.listing import (
    Listing,
    annotation_of,
    check_ends,
    check_events,
    check_overlap,
    read_listing,
)
from ave_keras.data.events.splits import make_splits, match_splits, rows_of
from ave_keras.data.features import INNER, Features
from ave_keras.data.importing.sources import open_source
from ave_keras.data.layout import SPLITS
from ave_keras.data.storage.hdf5 import fits
from ave_keras.data.storage.rows import check_row_numbers
from ave_keras.errors import AVEError

EVENTS = Path("events")


def from_arrays(
    audio: Any,
    visual: Any,
    events: Any,
    splits: Mapping[str, ArrayLike] | None,
    class_names: Sequence[str] | None,
    overlap: float,
    title: str,
) -> dict[str, Any]:
    """The constructor arguments of `AVE` for arrays in memory; see `AVE.from_arrays`."""
    listing = read_listing(events, overlap) if isinstance(events, str | Path) else _listing(events, overlap)
    given = {m: array for m, array in (("audio", audio), ("visual", visual)) if array is not None}
    if not given:
        raise AVEError("no features", key="audio, visual", expected="at least one of them")
    features = Features({m: (_stacked(array, m, listing), f"{m} features") for m, array in given.items()}, {})
    annotations, segments = listing.annotations, features.segments
    check_ends(listing, range(len(annotations)), segments)
    classes = tuple(class_names or class_names_of(annotations))
    if unknown := [a.class_name for a in annotations if a.class_name not in classes]:
        raise AVEError("unknown class", key="class_names", expected=f"one of {classes}", found=repr(unknown[0]))
    rows = _splits(splits, listing)
    active = listing.active
    return {
        "title": title,
        "annotations": annotations,
        "class_names": classes,
        "labels": segment_labels(annotations, classes, segments, active),
        "video_labels": video_labels(annotations, classes),
        "splits": rows,
        "match_splits": match_splits(annotations, rows, segments, active),
        "features": features,
        "background_labels": np.empty((0, len(classes) + 1), "float32"),
    }


def _listing(events, overlap):
    check_overlap(overlap)
    annotations, positions = [], []
    for n, event in enumerate(events):
        if not isinstance(event, Annotation):
            if isinstance(event, str) or len(event) != 4:
                raise AVEError("invalid event", file=f"event {n}", expected="(video, class, start, end)", found=event)
            video, name, start, end = event
            event = annotation_of(str(name), str(video), start, end, f"event {n}", overlap)
        if event is not None:
            annotations.append(event)
            positions.append(n)
    check_events(annotations, EVENTS)
    return Listing(annotations, None, EVENTS, positions, n + 1, class_names_of(annotations))


def _stacked(array, modality, listing):
    """The features `(N, T, …)` of all annotations."""
    source = open_source(array, modality)
    if source.keys is None:
        array = np.asarray(array)
        if len(array) != listing.lines:
            expected = f"{listing.lines}, one per event"
            raise AVEError("wrong number of rows", key=modality, expected=expected, found=len(array))
        stacked = array if len(listing.positions) == len(array) else array[listing.positions]
    else:
        arrays = [np.asarray(source.find(n, a.video_id)) for n, a in enumerate(listing.annotations)]
        for a, found in zip(listing.annotations, arrays, strict=True):
            if found.shape != arrays[0].shape:
                expected = f"{arrays[0].shape}, as for {listing.annotations[0].video_id}"
                raise AVEError("shapes differ", key=a.video_id, expected=expected, found=found.shape)
        stacked = np.stack(arrays)
    inner = INNER[modality]
    if stacked.dtype.kind not in "fiu" or not any(fits(stacked.shape[1:], shape) for shape in inner):
        expected = "numbers (T, d)" + (" or (T, height, width, depth)" if len(inner) > 1 else "") + " per video"
        raise AVEError("not features", key=modality, expected=expected, found=f"{stacked.dtype} {stacked.shape[1:]}")
    return stacked


def _splits(given, listing):
    if given is None:
        return rows_of(listing.splits) if listing.splits else make_splits(listing.annotations)
    if sorted(given) != sorted(SPLITS):
        raise AVEError("invalid splits", key="splits", expected=f"row numbers of {SPLITS}", found=list(given))
    splits = {s: check_row_numbers(given[s], len(listing.annotations)) for s in SPLITS}
    rows, counts = np.unique(np.concatenate(list(splits.values())), return_counts=True)
    if (counts > 1).any():
        raise AVEError("a row in two splits", key="splits", expected="every row once", found=rows[counts > 1][0])
    return splits
