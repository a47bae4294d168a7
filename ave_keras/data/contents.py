"""What a data set contains: rows with NaN or Inf, checksums, and the weights of its classes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ave_keras.data import layout
from ave_keras.data.storage.fingerprint import array_sha256, file_sha256
from ave_keras.data.targets import ClassWeights, Targets
from ave_keras.errors import AVEError

if TYPE_CHECKING:
    from ave_keras.data.ave import AVE


def drop_bad_rows(ave: AVE) -> None:
    """Drops rows with NaN or Inf from the splits, with a warning."""
    bad = ave.features.bad()
    if not bad:
        return
    ave.bad_rows = np.unique([row for row, _ in bad])
    for splits in (ave.splits, ave.match_splits):
        for s, rows in splits.items():
            splits[s] = rows[~np.isin(rows, ave.bad_rows)]
    videos = len(ave.annotations)
    # Background clips are numbered by the rows of their own file.
    named = (f"row {row if row < videos else row - videos} of {Path(name).name}" for row, name in bad[:10])
    listed = ", ".join(named) + (", …" if bad[10:] else "")
    warnings.warn(f"{len(ave.bad_rows)} rows dropped from {ave.folder}: NaN or Inf in {listed}", stacklevel=3)


def no_clips(folder: Path | None, clips: int) -> AVEError:
    """The error for a data set without usable background clips, of which it has `clips`."""
    expected = " and ".join(names[0] for names in layout.BACKGROUND.values())
    found = "NaN or Inf in all rows" if clips else "none"
    return AVEError("no background clips", file=folder, expected=expected, found=found, fix="Train without them")


def file_sums(ave: AVE) -> dict[str, str]:
    """`{name: sha256}` of the files of a data set in a folder."""
    folder = ave.folder
    assert folder is not None
    named = (layout.ANNOTATIONS, layout.MARKER)
    files = sorted(p for p in folder.iterdir() if p.name in named or p.suffix == ".h5")
    return {p.name: file_sha256(p) for p in files}


def array_sums(ave: AVE) -> dict[str, str]:
    """`{name: sha256}` of the arrays of a data set in memory."""
    arrays = {"labels": ave.labels, "video_labels": ave.video_labels, "source_mask": ave.source_mask}
    arrays |= {f"{s}_order": rows for s, rows in ave.splits.items()}
    arrays |= {m: array for m, (array, _) in ave.features.main.items()}
    arrays |= {f"{m}_noisy": array for m, (array, _) in ave.features.background.items()}
    return {name: array_sha256(array) for name, array in arrays.items() if array is not None}


def class_weights(
    ave: AVE, class_weight: str | Mapping[str, float], task: str | Mapping[str, str | tuple[str, int]], clips: bool
) -> ClassWeights:
    """The `ClassWeights` by the labels of the training split, with those of the background clips if `clips`."""
    rows = ave.split("train")
    rows = np.concatenate([rows, ave.background_rows]) if clips else rows
    segments, videos = (part[rows] for part in ave.all_labels)
    return ClassWeights(class_weight, (*ave.class_names, "Background"), segments, videos, Targets(task))
