"""The files of the official layout: names, contents, and which data set they belong to."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ave_keras.data import annotations as ann
from ave_keras.data.storage.hdf5 import LABELS, ORDER, open_array, read_array
from ave_keras.errors import AVEError
from ave_keras.runtime.yaml_file import read_yaml

if TYPE_CHECKING:
    from ave_keras.data.annotations import Annotation

ANNOTATIONS = "Annotations.txt"
MARKER = "dataset.yaml"
SPLITS = ("train", "val", "test")
MODALITIES = ("audio", "visual")
# The authors' scripts use both names for the visual file.
BACKGROUND = {"audio": ("audio_feature_noisy.h5",), "visual": ("visual_feature_noisy.h5", "video_feature_noisy.h5")}
SOURCE_MASK = "source_mask.h5"
# The folders of videos beside the annotations: those of the archive, and films without an event.
VIDEOS, BACKGROUND_VIDEOS = "AVE", "background"
# The pixels of the source in each second, beside the annotations of composed films.
OUTLINES = "outlines.h5"
SEGMENT_LABELS = "labels.h5"
# The key of `dataset.yaml` that says that events have pauses, which only `labels.h5` shows.
PAUSES = "pauses"
DEFAULT_SEGMENTS = 10
# All files of the layout; features are listed separately because of their size.
LARGE_FILES = ("*_feature*.h5",)
SMALL_FILES = (ANNOTATIONS, MARKER, "*_order*.h5", "*label*.h5", SOURCE_MASK, OUTLINES)
FILES = (*SMALL_FILES, *LARGE_FILES)
WHERE = (
    "The README of YapengTian/AVE-ECCV18 links the released files; "
    "`ave-keras data synth` generates a synthetic data set"
)

# Name of the data set in tables by the sha256 of its annotations, whatever the folder is called.
TITLES = {
    "0d24a9ec5cd4ceb779ebd83d74e83ec8e55c5e468cede3f320fb57346c9dd321": "AVE",
    "129fc3a843c7c4ddcf44fa4a16ba7995b4ff582a5420868c4d25fe8d0abbe421": "AV-mini (composed)",
}


def data_name(title: str) -> str:
    """The name of a data set in tables and on cards, which says so if it is not AVE."""
    return title if title == "AVE" else f"{title} (not the AVE data set)"


def annotations_file(folder: str | Path) -> Path:
    """The path of `Annotations.txt` in a folder.

    Raises:
        AVEError: The folder or the file does not exist.
    """
    folder = Path(folder)
    if not folder.is_dir():
        found = "a file" if folder.exists() else "nothing"
        raise AVEError(
            "folder not found", file=folder, expected="a folder in the official layout", found=found, fix=WHERE
        )
    if not (folder / ANNOTATIONS).is_file():
        raise AVEError("file not found", file=folder / ANNOTATIONS, fix=WHERE)
    return folder / ANNOTATIONS


def marker(folder: str | Path) -> dict[str, Any]:
    """The contents of `dataset.yaml`; `{}` if there is none.

    Raises:
        AVEError: The file is invalid.
    """
    path = Path(folder) / MARKER
    if not path.is_file():
        return {}
    fix = "Fix or remove it; it only names the data set and its classes"
    said = read_yaml(path, "description of the data set", fix)
    if not isinstance(said, dict):
        raise AVEError("not a mapping", file=path, expected="`title: …` and the like", found=said, fix=fix)
    names = said.get("class_names", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or len({*names}) < len(names):
        raise AVEError("invalid list of classes", file=path, key="class_names", expected="distinct names", found=names)
    if not isinstance(said.get("title", ""), str):
        raise AVEError("invalid title", file=path, key="title", expected="a string", found=said["title"])
    if not isinstance(said.get(PAUSES, False), bool):
        raise AVEError("invalid value", file=path, key=PAUSES, expected="true or false", found=said[PAUSES])
    return said


def title(folder: str | Path) -> str:
    """The name of the data set: a known one by its annotations, else that in `dataset.yaml`, else the folder's."""
    # The same annotations may be stored with a header or other line ends.
    annotations = ann.read_annotations(Path(folder) / ANNOTATIONS, segments=np.inf)
    digest = hashlib.sha256(ann.format_annotations(annotations).encode()).hexdigest()
    return TITLES.get(digest) or str(marker(folder).get("title") or Path(folder).resolve().name)


def segment_labels(
    folder: str | Path, annotations: Sequence[Annotation], class_names: Sequence[str], segments: int
) -> np.ndarray:
    """Labels from `labels.h5` if it exists, else the same values from the annotations."""
    rebuilt = ann.segment_labels(annotations, class_names, segments, active_segments(folder, len(annotations)))
    return _released(Path(folder) / SEGMENT_LABELS, rebuilt)


def labelled_segments(folder: str | Path) -> int | None:
    """T of `labels.h5`; None without the file."""
    path = Path(folder) / SEGMENT_LABELS
    return open_array(path, LABELS, shape=(None, None, None), kinds="fiub").shape[1] if path.is_file() else None


def active_segments(folder: str | Path, rows: int) -> np.ndarray | None:
    """`(N, T)` bool: whether `labels.h5` has an event there; None unless `dataset.yaml` says `pauses: true`.

    The annotations have one start and one end per row; where an event pauses in between, the labels say so.

    Raises:
        AVEError: `labels.h5` is missing or belongs to other annotations.
    """
    if not marker(folder).get(PAUSES):
        return None
    labels = open_array(Path(folder) / SEGMENT_LABELS, LABELS, shape=(rows, None, None), kinds="fiub")
    return np.any(labels[..., :-1], axis=2)


def video_labels(folder: str | Path, annotations: Sequence[Annotation], class_names: Sequence[str]) -> np.ndarray:
    """Labels from `mil_labels.h5` if it exists, else the same values from the annotations."""
    return _released(Path(folder) / "mil_labels.h5", ann.video_labels(annotations, class_names))


def _released(path, rebuilt):
    if not path.is_file():
        return rebuilt
    labels = _read_labels(path, rebuilt.shape)
    differing = np.flatnonzero((labels != rebuilt).reshape(len(labels), -1).any(axis=1))
    if differing.size:
        warnings.warn(
            f"{path} disagrees with {ANNOTATIONS} in {differing.size} rows, starting with {differing[0]}; "
            "the file is used. Remove it to rebuild the labels.",
            stacklevel=2,
        )
    return labels


def _read_labels(path, shape):
    labels = read_array(path, LABELS, shape=shape, kinds="fiub").astype("float32")
    if not np.isfinite(labels).all():
        row = int(np.flatnonzero(~np.isfinite(labels.reshape(len(labels), -1)).all(axis=1))[0])
        fix = "Write it again, or remove it to rebuild the labels"
        raise AVEError("NaN or Inf in a label", file=path, key=LABELS, expected="0 or 1", found=f"row {row}", fix=fix)
    return labels


def background_labels(folder: str | Path, clips: int, columns: int) -> np.ndarray:
    """Labels `(clips, columns)` float32 of the background clips: `labels_noisy.h5`, or all background without it."""
    path = Path(folder) / "labels_noisy.h5"
    if clips and path.is_file():
        return _read_labels(path, (clips, columns))
    return all_background(clips, columns)


def all_background(clips: int, columns: int) -> np.ndarray:
    """`(clips, columns)` float32, one-hot in the last column."""
    return np.eye(columns, dtype="float32")[np.full(clips, columns - 1)]


def read_split(folder: str | Path, name: str, rows: int, suffix: str = "") -> np.ndarray:
    """Row numbers `(n,)` int64 of a split, in the order of the file.

    Raises:
        AVEError: a missing file or key, an empty split, or a number that is not a row.
    """
    path = Path(folder) / f"{name}_order{suffix}.h5"
    if not path.is_file():
        raise AVEError("file not found", file=path, key=ORDER, expected=f"the rows of the {name} split", fix=WHERE)
    order = read_array(path, ORDER, shape=(None,), kinds="iu").astype("int64")
    if not order.size:
        fix = "Write the row numbers of the split into it"
        raise AVEError("empty split", file=path, key=ORDER, expected="at least one row number", found="none", fix=fix)
    outside = order[(order < 0) | (order >= rows)]
    if outside.size:
        raise AVEError(
            "row number out of range",
            file=path,
            key=ORDER,
            expected=f"0 to {rows - 1}, as {ANNOTATIONS} has {rows} lines",
            found=f"{outside[0]} and {outside.size - 1} more" if outside.size > 1 else outside[0],
            fix=f"Use the file that belongs to this {ANNOTATIONS}",
        )
    return order
