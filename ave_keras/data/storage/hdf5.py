"""Arrays of the official HDF5 files, opened without reading them."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ave_keras.errors import AVEError

FEATURES = LABELS = "avadataset"
ORDER = "order"

# The HDF5 library is not re-entrant; h5py's own lock covers a call, not a pair of them.
_LOCK = threading.RLock()


class LockedArray:
    """A chunked or compressed HDF5 array behind NumPy's `shape`, `dtype` and `[...]`; one thread reads at a time."""

    def __init__(self, dataset: h5py.Dataset):
        self._dataset = dataset
        self.shape, self.dtype, self.ndim = dataset.shape, dataset.dtype, dataset.ndim

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, index):
        try:
            with _LOCK:
                return self._dataset[index]
        except OSError as error:
            raise AVEError(
                "a row cannot be read",
                file=self._dataset.file.filename,
                key=self._dataset.name.strip("/"),
                expected="whole chunks",
                found=f"{error} in {'rows' if isinstance(index, slice) else f'row {index}'}",
                fix="Download or write it again",
            ) from error


def open_array(
    path: str | Path, key: str, *, shape: tuple | None = None, kinds: str = "fiu"
) -> np.ndarray | LockedArray:
    """Opens one array of an HDF5 file.

    An array that lies in one piece, as all official ones do, is memory-mapped: only the rows that are used are ever
    read, and the pages belong to the system's file cache. Others are read by h5py when indexed, which is slower:
    `ave-keras data pack` rewrites them.

    Args:
        path: the file.
        key: the array's name inside it.
        shape: what it must be; a tuple whose `None` entries are free, or a tuple of such tuples.
        kinds: NumPy's codes of the number types that are accepted; all sizes and both byte orders of them are.

    Returns:
        A read-only `np.memmap`, or a `LockedArray`.

    Raises:
        AVEError: no such file, not HDF5 or cut off, no such key, not numbers, another shape.
    """
    path = Path(path)
    if not path.is_file():
        raise AVEError("no such file", file=path)
    with _LOCK:
        try:
            file = h5py.File(path, "r")
        except OSError as error:
            raise _unreadable(path, error) from error
        try:
            return _open(file, path, key, shape, kinds)
        except BaseException:
            file.close()
            raise


def read_array(path: str | Path, key: str, **kwargs: Any) -> np.ndarray:
    """Reads a small array whole; see `open_array`."""
    return np.array(open_array(path, key, **kwargs)[:])


def _open(file, path, key, shape, kinds):
    found = [f"'{name}'" for name in file]
    if not isinstance(file.get(key), h5py.Dataset):
        raise AVEError(
            "no such key",
            file=path,
            key=key,
            expected=f"an array '{key}'",
            found=", ".join(found) or "an empty file",
            fix="Rename the array, or take the official file",
        )
    data = file[key]
    if data.dtype.kind not in kinds:
        raise AVEError("not numbers of the right kind", file=path, key=key, expected=_names(kinds), found=data.dtype)
    if shape is not None and not any(fits(data.shape, s) for s in (shape if _several(shape) else (shape,))):
        raise AVEError(
            "wrong shape",
            file=path,
            key=key,
            expected=_written(shape),
            found=data.shape,
            fix="Take the file that belongs to this Annotations.txt, or write it again",
        )
    if data.chunks or data.is_virtual or data.external:
        return LockedArray(data)
    if not data.size:
        return np.empty(data.shape, data.dtype)
    offset = data.id.get_offset()
    if offset is None:
        raise AVEError(
            "the array was never written",
            file=path,
            key=key,
            found=f"room for {data.shape}, no values",
            fix="Its writer was interrupted: write or download the file again",
        )
    size, expected = path.stat().st_size, offset + data.size * data.dtype.itemsize
    if size < expected:
        raise _unreadable(path, f"{size} bytes where {expected} are needed")
    array = np.memmap(path, data.dtype, "r", offset, data.shape)
    file.close()
    return array


def _unreadable(path, reason):
    return AVEError(
        "not a whole HDF5 file",
        file=path,
        expected="an HDF5 file to its last byte",
        found=reason,
        fix="Download or write it again",
    )


def _several(shape):
    return bool(shape) and isinstance(shape[0], tuple)


def fits(found: Sequence[int], expected: Sequence[int | None]) -> bool:
    """Whether a shape is the expected one, whose `None` entries are free."""
    return len(found) == len(expected) and all(e in (None, f) for f, e in zip(found, expected, strict=True))


def _written(shape):
    shapes = shape if _several(shape) else (shape,)
    return " or ".join(str(tuple("any" if e is None else e for e in s)).replace("'", "") for s in shapes)


def _names(kinds):
    return " or ".join({"f": "floats", "i": "integers", "u": "unsigned integers", "b": "booleans"}[k] for k in kinds)
