"""A folder in the official layout, read and held against itself."""

import numpy as np

from ave_keras.data import layout
from ave_keras.data.annotations import class_names_of, read_annotations
from ave_keras.data.hdf5 import FEATURES, open_array
from ave_keras.errors import AVEError


def read_directory(folder, segments=None, class_names=None):
    """The constructor arguments of `AVE` for a folder; see `AVE.from_directory`."""
    file = layout.annotations_file(folder)
    class_names = class_names or layout.marker(folder).get("class_names")
    # T is known only from the features, whose length is checked against the annotations.
    rows = len(read_annotations(file, segments=np.inf, class_names=class_names))
    features = {m: layout.open_features(folder, m, rows) for m in layout.MODALITIES}
    segments = _segments(features, segments)
    annotations = read_annotations(file, segments=segments, class_names=class_names)
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
        "background_labels": layout.background_labels(folder, _clips(features), len(class_names) + 1),
        "source_mask": open_array(mask, FEATURES, shape=(rows, segments, None, None)) if mask.is_file() else None,
    }


def _clips(features):
    """The number of background clips, which must be the same in both modalities."""
    counts = {str(background[1]): len(background[0]) for _, background in features.values() if background}
    if len(set(counts.values())) > 1:
        raise AVEError("background clips differ in number", expected="as many in both files", found=counts)
    return next(iter(counts.values()), 0)


def _segments(features, given):
    """T of the features, which must agree with each other and with what was asked for."""
    found = {str(main[1]): int(main[0].shape[1]) for main, _ in features.values() if main}
    if given is not None:
        found = {"segments": given, **found}
    if len(set(found.values())) > 1:
        raise AVEError("the number of segments differs", expected="one number", found=found)
    return next(iter(found.values()), layout.DEFAULT_SEGMENTS)
