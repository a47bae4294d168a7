"""A data set of arrays in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ave_keras.data.annotations import Annotation, class_names_of, segment_labels, video_labels
from ave_keras.data.events.checks import check_ends, check_events
from ave_keras.data.events.listing import (
    Listing,
    annotation_of,
    check_overlap,
    read_listing,
)
from ave_keras.data.events.splits import match_splits
from ave_keras.data.features import INNER, Features
from ave_keras.data.importing.sources import open_source
from ave_keras.data.layout import SPLITS
from ave_keras.data.storage.hdf5 import fits
from ave_keras.data.storage.rows import check_row_numbers
from ave_keras.data.storage.tables import splits_of
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
    if len({*classes}) < len(classes):
        raise AVEError("a class occurs twice", key="class_names", expected="distinct names", found=classes)
    if unknown := [a.class_name for a in annotations if a.class_name not in classes]:
        raise AVEError("unknown class", key="class_names", expected=f"one of {classes}", found=repr(unknown[0]))
    active = listing.active
    if splits is None:
        rows, match = splits_of(listing, range(len(annotations)), segments, active)
    else:
        rows = _given(splits, listing)
        match = match_splits(annotations, rows, segments, active)
    return {
        "title": title,
        "annotations": annotations,
        "class_names": classes,
        "labels": segment_labels(annotations, classes, segments, active),
        "video_labels": video_labels(annotations, classes),
        "splits": rows,
        "match_splits": match,
        "features": features,
        "background_labels": np.empty((0, len(classes) + 1), "float32"),
    }


def _listing(events, overlap):
    check_overlap(overlap)
    annotations, positions, n = [], [], -1
    for n, event in enumerate(events):
        if not isinstance(event, Annotation):
            if isinstance(event, str | Mapping) or len(event) != 4:
                raise AVEError("invalid event", file=f"event {n}", expected="(video, class, start, end)", found=event)
            video, name, start, end = event
            event = annotation_of(str(name), str(video), start, end, f"event {n}", overlap)
        if event is not None:
            annotations.append(event)
            positions.append(n)
    check_events(annotations, EVENTS)
    places = tuple(f"event {position}" for position in positions)
    return Listing(annotations, None, EVENTS, positions, n + 1, class_names_of(annotations), places=places)


def _stacked(array, modality, listing):
    """The features `(N, T, …)` of all annotations."""
    source = open_source(_on_cpu(array), modality, listing.lines)
    if source.keys is None:
        stacked = np.stack([*map(np.asarray, array)]) if isinstance(array, list) else np.asarray(_on_cpu(array))
        stacked = stacked if len(listing.positions) == len(stacked) else stacked[listing.positions]
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
    if stacked.ndim == 5 and stacked.shape[2] != stacked.shape[3] == stacked.shape[4]:
        fix = "Put the depth last: np.moveaxis(visual, 2, -1)"
        raise AVEError(
            "the depth is not last", key=modality, expected="height, width, depth", found=stacked.shape[2:], fix=fix
        )
    return stacked


def _on_cpu(value):
    """Arrays of PyTorch's tensors, which NumPy does not take if they have a gradient or are bfloat16."""
    if isinstance(value, Mapping):
        return {key: _on_cpu(item) for key, item in value.items()}
    if not hasattr(value, "detach"):
        return value
    value = value.detach().cpu()
    return (value.float() if str(value.dtype) == "torch.bfloat16" else value).numpy()


def _given(splits, listing):
    """Splits by the numbers of the events, without the events that were left out."""
    if sorted(splits) != sorted(SPLITS):
        raise AVEError("invalid splits", key="splits", expected=f"row numbers of {SPLITS}", found=list(splits))
    numbers = {s: check_row_numbers(splits[s], listing.lines) for s in SPLITS}
    unique, counts = np.unique(np.concatenate(list(numbers.values())), return_counts=True)
    if (counts > 1).any():
        raise AVEError("a row in two splits", key="splits", expected="every row once", found=unique[counts > 1][0])
    row = {position: n for n, position in enumerate(listing.positions)}
    return {s: np.array([row[n] for n in chosen if n in row], "int64") for s, chosen in numbers.items()}
