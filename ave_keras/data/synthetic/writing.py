"""The synthetic AVE on disk, in the official layout."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import yaml

from ave_keras.data import layout
from ave_keras.data.annotations import segment_labels, video_labels, write_annotations
from ave_keras.data.storage.hdf5 import FEATURES, LABELS, ORDER
from ave_keras.data.storage.writing import new_files, spans, write_array

if TYPE_CHECKING:
    from ave_keras.data.synthetic.generator import SyntheticAVE


def write(
    made: SyntheticAVE,
    folder: str | Path,
    *,
    force: bool = False,
    advance: Callable[[int], object] = lambda videos: None,
) -> None:
    """Writes all files of a `SyntheticAVE`, block by block; its features are those of `in_memory`, bit by bit.

    Args:
        made: a `SyntheticAVE`.
        folder: Made if it is not there.
        force: Replaces a data set that lies there.
        advance: Called with the number of videos and clips done.

    Raises:
        AVEError: There is a data set already, or the folder cannot be written; nothing is kept then.
    """
    with new_files(folder, force) as new:
        _features(new, made, "", made.videos, made.block, advance)
        if made.background_videos:
            _features(new, made, "_noisy", made.background_videos, made.background_block, advance)
            write_array(new("labels_noisy.h5"), LABELS, made.background_labels)
        labels = segment_labels(made.annotations, made.class_names, made.segments)
        write_array(new("labels.h5"), LABELS, labels)
        write_array(new("mil_labels.h5"), LABELS, video_labels(made.annotations, made.class_names))
        for suffix, splits in (("", made.splits), ("_match", made.match_splits)):
            for split, rows in splits.items():
                write_array(new(f"{split}_order{suffix}.h5"), ORDER, rows)
        new(layout.MARKER).write_text(yaml.safe_dump(made.describe(), sort_keys=False))
        write_annotations(new(layout.ANNOTATIONS), made.annotations)


def _features(new, made, suffix, rows, block, advance):
    names = {m: f"{m}_feature{suffix}.h5" for m in layout.MODALITIES}
    if not suffix:
        names["mask"] = layout.SOURCE_MASK
    one = block(0, 1)
    with contextlib.ExitStack() as stack:
        data = {}
        for part, name in names.items():
            file = stack.enter_context(h5py.File(new(name), "w"))
            array = getattr(one, part)
            data[part] = file.create_dataset(FEATURES, (rows, *array.shape[1:]), array.dtype)
        for start, end in spans(rows, one.visual.nbytes):
            values = block(start, end)
            for part, target in data.items():
                target[start:end] = getattr(values, part)
            advance(end - start)
