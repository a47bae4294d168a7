"""Arrays of HDF5 files: one per id, in a group per id, or one of all videos; also of MATLAB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ave_keras.checkpoints.arrays import StoredArray
from ave_keras.data.storage.hdf5 import open_array
from ave_keras.errors import AVEError, first_line

HDF5 = (".h5", ".hdf5", ".hdf", ".mat")


class HDF5Arrays(Mapping[str, Any]):
    """`{id: array}`; an array is opened when it is looked up."""

    def __init__(self, path: Path, keys: dict[str, str], transposed: set[str]):
        self._path, self._keys, self._transposed = path, keys, transposed

    def __getitem__(self, name: str) -> Any:
        array = open_array(self._path, self._keys[name])
        if name not in self._transposed:
            return array
        return StoredArray(array.shape[::-1], array.dtype, lambda: np.asarray(array[:]).T)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def hdf5_arrays(path: Path, modality: str) -> HDF5Arrays:
    """The arrays of a file by name; those of a group with a single array, or one named like the modality, by the group.

    MATLAB stores arrays with the axes in reverse order, so that its files are transposed.

    Args:
        path: The file.
        modality: "audio" or "visual".

    Raises:
        AVEError: The file is not HDF5, or has no arrays.
    """
    try:
        with h5py.File(path, "r") as file:
            keys = {name: key for name in file if (key := _array_in(file, name, modality))}
            found = {name: file.get(key) for name, key in keys.items()}
            transposed = {name for name, array in found.items() if array is not None and "MATLAB_class" in array.attrs}
            groups = ", ".join(file) or "nothing"
    except OSError as error:
        raise AVEError("not an HDF5 file", file=path, found=first_line(error)) from error
    if not keys:
        expected = "an array per id, a group with one array per id, or one array of all"
        raise AVEError("no features", file=path, expected=expected, found=groups)
    return HDF5Arrays(path, keys, transposed)


def _array_in(file, name, modality):
    """The key of the array `name`, or of the only one in the group `name`; that of a broken link as it is."""
    item = file.get(name)
    if not isinstance(item, h5py.Group):
        return name
    inner = [key for key in item if isinstance(item.get(key), h5py.Dataset)]
    chosen = modality if modality in inner else inner[0] if len(inner) == 1 else None
    return f"{name}/{chosen}" if chosen else None
