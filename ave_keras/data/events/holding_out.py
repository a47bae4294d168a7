"""A data set without some of its classes, to see what a model does with events that it does not know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ave_keras.errors import AVEError

if TYPE_CHECKING:
    from ave_keras.data.ave import AVE


def without_classes(ave: AVE, names: Sequence[str]) -> AVE:
    """The same data set without the columns of some classes, and without their videos in any split.

    The rows keep their numbers, so that `dataset` still takes those of the videos left out, by number; their labels are
    background throughout. Nothing is copied but labels.

    Args:
        ave: The data set.
        names: The classes to leave out.

    Raises:
        AVEError: There is no such class, none or all are left out, or a split has no row left.

    Example:

    >>> ave_keras.data.without_classes(ave, ["Bark", "Cat"]).num_classes
    27
    """
    unknown = sorted({*names} - {*ave.class_names})
    if unknown or not names or len({*names}) >= len(ave.class_names):
        expected = f"some of {list(ave.class_names)}, but not all"
        raise AVEError("cannot leave out these classes", file=ave.folder, expected=expected, found=list(names))
    videos = {a.video_id for a in ave.annotations if a.class_name in names}
    rows = np.array([row for row, a in enumerate(ave.annotations) if a.video_id in videos], "int64")
    kept = [c for c, name in enumerate(ave.class_names) if name not in names]

    def labels(given):
        found = np.asarray(given)[..., [*kept, len(ave.class_names)]].copy()
        found[rows] = 0
        found[rows, ..., -1] = 1
        return found

    def splits(given):
        return {split: numbers[~np.isin(numbers, rows)] for split, numbers in given.items()}

    other = type(ave)(
        title=f"{ave.title} without {', '.join(names)}",
        annotations=ave.annotations,
        class_names=[ave.class_names[c] for c in kept],
        labels=labels(ave.labels),
        video_labels=labels(ave.video_labels),
        splits=splits(ave.splits),
        match_splits=splits(ave.match_splits),
        features=ave.features,
        background_labels=ave._background_labels[:, [*kept, len(ave.class_names)]],
        source_mask=ave.source_mask,
    )
    other.bad_rows = ave.bad_rows
    for split in other.splits:
        other.split(split)
    return other
