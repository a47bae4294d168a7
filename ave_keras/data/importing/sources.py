"""Opens features as people store them: a file per video, a dict of videos, or one array of all videos."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from glob import escape
from pathlib import Path
from typing import Any

import numpy as np

from ave_keras.checkpoints.arrays import SUFFIXES, StoredArray, read_arrays
from ave_keras.data.events.names import stem_of
from ave_keras.data.importing.hdf5_files import HDF5, HDF5Arrays, hdf5_arrays
from ave_keras.data.storage.hdf5 import LockedArray
from ave_keras.errors import AVEError

ID = "{id}"
# Axes of an array of all videos, one more than those of a video: (T, d), or (T, h, w, C).
OF_ALL = (3, 5)
# Letters of an id in a message.
MOST = 80
FORMS = (
    f"a folder of <id>{SUFFIXES[0]} and the like, a path with {ID}, "
    "a file with a dict of id → array, or a file with one array of all videos"
)


@dataclass
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
        key = video_id if video_id in self.keys else self._stems.get(stem_of(video_id))
        if key is not None:
            return self.load(self.keys[key])
        alike = self._folded.get(stem_of(video_id).casefold())
        fix = f"Rename {alike!r}, which differs in case only" if alike else None
        found = f"{len(self.keys)} others, such as {next(iter(self.keys))[:MOST]!r}"
        raise AVEError("no features", file=self.name, key=video_id[:MOST], found=found, fix=fix)

    @cached_property
    def _stems(self):
        return {stem_of(key): key for key in self.keys or ()}

    @cached_property
    def _folded(self):
        return {stem.casefold(): key for stem, key in self._stems.items()}

    def videos(self) -> list[tuple[int, str]]:
        """The `(number, id)` of all videos, in order."""
        return list(enumerate(self.keys or map(str, range(self.rows))))


def open_source(source: Any, modality: str, rows: int | None = None) -> Source:
    """Opens the features of one modality; no code from a file is run.

    Args:
        source: A path in one of the `FORMS`, or in memory a dict of id → array, or an array whose rows are the videos.
        modality: "audio" or "visual": the name of the array in files that have several.
        rows: The number of rows that an array of all videos has; None if it is not known.

    Raises:
        AVEError: The path is missing, in another form, or damaged; an array of all videos has other rows.
    """
    if not isinstance(source, str | Path):
        return _in_memory(source, f"{modality} features", modality, rows)
    path = Path(source)
    if ID in str(path):
        return _files(_matching(str(path)), path, modality)
    if path.is_dir():
        files: dict[str, Path] = {}
        for file in (f for f in path.iterdir() if _has_features(f)):
            if (other := files.setdefault(file.stem, file)) is not file:
                raise AVEError("two files of the same video", file=file, found=other.name, fix="Remove one of them")
        return _files(files, path, modality)
    if not path.is_file():
        raise AVEError("features not found", file=path, key=f"--{modality}", expected=FORMS)
    return _in_memory(_read(path, modality), str(path), modality, rows)


def _read(path, modality):
    return hdf5_arrays(path, modality) if path.suffix.lower() in HDF5 else read_arrays(path)


def _has_features(path):
    return path.suffix.lower() in (*SUFFIXES, *HDF5) and not path.name.startswith(".") and not path.is_dir()


def _matching(pattern):
    """`{id: file}` of the files like `pattern`, which has the id at every `ID`."""
    folder = Path(pattern.partition(ID)[0] + "x").parent
    inner = pattern.removeprefix(f"{folder}/")
    first, *others = (re.escape(part) for part in inner.split(ID))
    named = re.compile(first + "(?P<id>[^/]+)" + "(?P=id)".join(others))
    files = folder.glob("*".join(map(escape, inner.split(ID)))) if folder.is_dir() else ()
    found = ((named.fullmatch(str(file.relative_to(folder))), file) for file in files)
    return {match["id"]: file for match, file in found if match}


def _files(files, path, modality):
    """A file per video, given `{id: file}`."""
    if not files:
        suffixes = ", <id>".join((*SUFFIXES, *HDF5[:1]))
        raise AVEError("no features", file=path, expected=f"<id>{suffixes}", found="no such file")
    return Source(str(path), dict(sorted(files.items())), lambda file: _only_array(file, modality), len(files))


def _only_array(path, modality):
    """The array of a file, or the one named like the modality."""
    found = _read(path, modality)
    if isinstance(found, Mapping):
        arrays = {key: value for key, value in found.items() if is_array(value)}
        found = arrays.get(modality, next(iter(arrays.values())) if len(arrays) == 1 else list(arrays))
    if not is_array(found):
        expected = f"one array, or one named {modality!r}"
        raise AVEError("not the features of a video", file=path, expected=expected, found=_described(found))
    return found


def _in_memory(found, name, modality, rows):
    """A dict of arrays, or one array of all videos, which may be a value of a dict."""
    if isinstance(found, Mapping) and found:
        only = found.get(modality, next(iter(found.values())) if len(found) == 1 else None)
        if isinstance(only, Mapping) or _is_of_all(only, rows):
            found = only
    if isinstance(found, list) and found and all(map(is_array, found)):
        return _of_all(found, name, rows)
    if is_array(found) and len(found.shape) in OF_ALL:
        # An array in a `.npz` file can be read as a whole only.
        return _of_all(np.asarray(found) if isinstance(found, StoredArray) else found, name, rows)
    if isinstance(found, HDF5Arrays):
        # Opened one by one, so that a broken link is one of one video.
        return Source(name, {key: key for key in found}, found.__getitem__, len(found))
    if isinstance(found, Mapping) and found and all(map(is_array, found.values())):
        return Source(name, {str(key): value for key, value in found.items()}, lambda array: array, len(found))
    fix = "Maps need a depth, even of 1" if is_array(found) and len(found.shape) == 4 else None
    raise AVEError("not features", file=name, expected=FORMS, found=_described(found), fix=fix)


def _is_of_all(array, rows):
    return is_array(array) and len(array.shape) in OF_ALL and rows in (None, array.shape[0])


def _of_all(array, name, rows):
    if rows not in (None, len(array)):
        raise AVEError(
            "wrong number of rows", file=name, expected=f"{rows}, one per line of the annotations", found=len(array)
        )
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
