"""Opens features as people store them: a file per video, a dict of videos, or one array of all videos."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ave_keras.checkpoints.arrays import SUFFIXES, StoredArray, read_arrays
from ave_keras.data.storage.hdf5 import LockedArray, open_array
from ave_keras.errors import AVEError, first_line

HDF5 = (".h5", ".hdf5", ".hdf", ".mat")
ID = "{id}"
# Axes of an array of all videos, one more than those of a video: (T, d), or (T, h, w, C).
OF_ALL = (3, 5)
FORMS = (
    f"a folder of <id>{SUFFIXES[0]} and the like, a path with {ID}, "
    "a file with a dict of id → array, or a file with one array of all videos"
)


@dataclass(frozen=True)
class Source:
    """The features of one modality.

    Attributes:
        name: The path, for messages.
        keys: `{id: what `load` takes}`; None for one array of all videos.
        load: Returns the array of a key, or the row of a number; its values may be read later, by `np.asarray`.
        rows: The number of rows of one array of all videos, else of keys.
    """

    name: str
    keys: dict[str, Any] | None
    load: Callable[[Any], Any]
    rows: int

    def find(self, row: int, video_id: str) -> Any:
        """The array of a video, by its id, with or without a suffix such as `.mp4`, or by the row.

        Raises:
            AVEError: There is none, or it cannot be read.
        """
        if self.keys is None:
            return self.load(row)
        for name in (video_id, Path(video_id).stem):
            if name in self.keys:
                return self.load(self.keys[name])
        alike = next((key for key in self.keys if key.casefold() == video_id.casefold()), None)
        fix = f"Rename {alike!r}, which differs in case only" if alike else None
        raise AVEError("no features", file=self.name, key=video_id, fix=fix)

    def videos(self) -> list[tuple[int, str]]:
        """The `(number, id)` of all videos, in order."""
        return list(enumerate(self.keys or map(str, range(self.rows))))


def open_source(source: Any, modality: str) -> Source:
    """Opens the features of one modality; no code from a file is run.

    Args:
        source: A path in one of the `FORMS`, or in memory a dict of id → array, or an array whose rows are the videos.
        modality: "audio" or "visual": the name of the array in files that have several.

    Raises:
        AVEError: The path is missing, in another form, or damaged.
    """
    if not isinstance(source, str | Path):
        return _in_memory(source, f"{modality} features")
    path = Path(source)
    if ID in str(path):
        return _files(_matching(str(path)), path, modality)
    if path.is_dir():
        files: dict[str, Path] = {}
        for file in (f for f in path.iterdir() if f.suffix in SUFFIXES):
            if (other := files.setdefault(file.stem, file)) is not file:
                raise AVEError("two files of the same video", file=file, found=other.name, fix="Remove one of them")
        return _files(files, path, modality)
    if not path.is_file():
        raise AVEError("features not found", file=path, key=f"--{modality}", expected=FORMS)
    if path.suffix.lower() in HDF5:
        return _hdf5(path)
    return _in_memory(read_arrays(path), str(path))


def _matching(pattern):
    """`{id: file}` of the files like `pattern`, which has an id at `ID`."""
    before, _, after = pattern.partition(ID)
    folder = Path(before) if before.endswith("/") else Path(before).parent
    found = folder.glob(escape(before.removeprefix(f"{folder}/")) + "*" + escape(after))
    return {str(file)[len(before) : len(str(file)) - len(after)]: file for file in found}


def _files(files, path, modality):
    """A file per video, given `{id: file}`."""
    if not files:
        raise AVEError("no features", file=path, expected=f"<id>{', <id>'.join(SUFFIXES)}", found="no such file")
    return Source(str(path), dict(sorted(files.items())), lambda file: _only_array(file, modality), len(files))


def _only_array(path, modality):
    """The array of a file, or the one named like the modality."""
    found = read_arrays(path)
    if isinstance(found, Mapping):
        arrays = {key: value for key, value in found.items() if is_array(value)}
        found = arrays.get(modality, next(iter(arrays.values())) if len(arrays) == 1 else list(arrays))
    if not is_array(found):
        expected = f"one array, or one named {modality!r}"
        raise AVEError("not the features of a video", file=path, expected=expected, found=_described(found))
    return found


def _hdf5(path):
    """An array per video, or one array of all."""
    try:
        with h5py.File(path, "r") as file:
            keys = [key for key in file if isinstance(file.get(key), h5py.Dataset)]
            shapes = {key: file[key].shape for key in keys}
    except OSError as error:
        raise AVEError("not an HDF5 file", file=path, found=first_line(error)) from error
    if not keys:
        raise AVEError("no features", file=path, expected="an array per id, or one array of all", found="no arrays")
    if len(keys) == 1 and len(shapes[keys[0]]) in OF_ALL:
        return _of_all(open_array(path, keys[0]), str(path))
    return Source(str(path), {key: key for key in keys}, lambda key: open_array(path, key), len(keys))


def _in_memory(found, name):
    """A dict of arrays, or one array of all videos, which may be the only value of a dict."""
    if isinstance(found, Mapping) and len(found) == 1:
        (only,) = found.values()
        if isinstance(only, Mapping) or (is_array(only) and len(only.shape) in OF_ALL):
            found = only
    if is_array(found) and len(found.shape) in OF_ALL:
        return _of_all(found, name)
    if isinstance(found, Mapping) and found and all(map(is_array, found.values())):
        return Source(name, {str(key): value for key, value in found.items()}, lambda array: array, len(found))
    raise AVEError("not features", file=name, expected=FORMS, found=_described(found))


def _of_all(array, name):
    # An array in a `.npz` file can be read as a whole only.
    array = np.asarray(array) if isinstance(array, StoredArray) else array
    return Source(name, None, array.__getitem__, len(array))


def is_array(value: Any) -> bool:
    """Whether a value has the shape and the numbers of an array."""
    return isinstance(value, np.ndarray | StoredArray | LockedArray) or hasattr(value, "__array__")


def _described(value):
    if isinstance(value, Mapping):
        kinds = sorted({type(item).__name__ for item in value.values() if not is_array(item)})
        return f"a dict of {len(value)} values" + (f", some of type {', '.join(kinds)}" if kinds else "")
    if is_array(value):
        return f"an array of shape {tuple(value.shape)}"
    return f"a {type(value).__name__}"
