"""Reads a folder in the official layout and checks its files against each other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ave_keras.data import layout
from ave_keras.data.annotations import check_spelling, class_names_of, read_annotations
from ave_keras.data.features import Features
from ave_keras.data.storage.hdf5 import FEATURES, open_array
from ave_keras.errors import AVEError


def read_directory(
    folder: Path, segments: int | None = None, class_names: Sequence[str] | None = None
) -> dict[str, Any]:
    """The constructor arguments of `AVE` for a folder; see `AVE.from_directory`."""
    file = layout.annotations_file(folder)
    class_names = class_names or layout.marker(folder).get("class_names")
    # T comes from the features, whose number of rows is checked against the annotations.
    rows = len(read_annotations(file, segments=np.inf, class_names=class_names))
    features = Features.open(folder, rows)
    if None not in (segments, features.segments) and segments != features.segments:
        raise AVEError(
            "wrong number of segments",
            file=folder,
            key="segments",
            expected=f"{features.segments}, as in the features",
            found=segments,
            fix="Leave out segments; the features determine it",
        )
    segments = features.segments or segments or layout.labelled_segments(folder) or layout.DEFAULT_SEGMENTS
    annotations = read_annotations(file, segments=segments, class_names=class_names)
    if not class_names:
        check_spelling(file, annotations)
    class_names = tuple(class_names or class_names_of(annotations))
    mask = folder / layout.SOURCE_MASK
    return {
        "title": layout.title(folder),
        "folder": folder,
        "annotations": annotations,
        "class_names": class_names,
        "labels": layout.segment_labels(folder, annotations, class_names, segments),
        "video_labels": layout.video_labels(folder, annotations, class_names),
        "splits": {s: layout.read_split(folder, s, rows) for s in layout.SPLITS},
        "match_splits": {
            s: layout.read_split(folder, s, rows, "_match")
            for s in layout.SPLITS
            if (folder / f"{s}_order_match.h5").is_file()
        },
        "features": features,
        "background_labels": layout.background_labels(folder, features.clips, len(class_names) + 1),
        "source_mask": open_array(mask, FEATURES, shape=(rows, segments, None, None)) if mask.is_file() else None,
    }
