"""Arrays in HDF5 files, opened without reading them."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ave_keras.errors import AVEError

FEATURES = LABELS = "avadataset"
ORDER = "order"

# The HDF5 library is not re-entrant, and the lock of h5py covers single calls only.
_LOCK = threading.RLock()


class LockedArray:
    """A chunked or compressed HDF5 array with the `shape`, `dtype` and `[...]` of NumPy; one thread reads at a time."""

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
                "cannot read a row",
                file=self._dataset.file.filename,
                key=self._dataset.name.strip("/"),
                expected="complete chunks",
                found=f"{error} in {'rows' if isinstance(index, slice) else f'row {index}'}",
                fix="Download or write it again",
            ) from error


def open_array(
    path: str | Path, key: str, *, shape: tuple | None = None, kinds: str = "fiu"
) -> np.ndarray | LockedArray:
    """Opens one array of an HDF5 file.

    Contiguous arrays, as in all official files, are memory-mapped: only the rows that are used are read, and the pages
    stay in the file cache of the system. h5py reads other arrays on indexing, which is slower; `ave-keras data pack`
    converts them.

    Args:
        path: The file.
        key: The name of the array in the file.
        shape: The expected shape; a tuple in which `None` matches any size, or a tuple of such tuples.
        kinds: NumPy's kind codes of the accepted number types, of any size and byte order.

    Returns:
        A read-only `np.memmap`, or a `LockedArray`.

    Raises:
        AVEError: a missing file or key, a file that is truncated or not HDF5, another type or shape.
    """
    path = Path(path)
    if not path.is_file():
        raise AVEError("file not found", file=path)
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
    """Reads a whole, small array; see `open_array`."""
    return np.array(open_array(path, key, **kwargs)[:])


def _open(file, path, key, shape, kinds):
    link = file.get(key, getlink=True)
    data = _dataset(file, key, path, link)
    if data is None and isinstance(link, h5py.ExternalLink):
        fix = "Put the linked file beside this one"
        raise AVEError("broken link", file=path, key=key, expected=f"'{link.path}' in {link.filename}", fix=fix)
    if not isinstance(data, h5py.Dataset):
        raise AVEError(
            "key not found",
            file=path,
            key=key,
            expected=f"an array '{key}'",
            found=", ".join(f"'{name}'" for name in file) or "an empty file",
            fix="Rename the array, or use the official file",
        )
    if data.dtype.kind not in kinds:
        raise AVEError("wrong number type", file=path, key=key, expected=_names(kinds), found=data.dtype)
    if shape is not None and not any(fits(data.shape, s) for s in (shape if _several(shape) else (shape,))):
        raise AVEError(
            "wrong shape",
            file=path,
            key=key,
            expected=_written(shape),
            found=data.shape,
            fix="Use the file that belongs to this Annotations.txt, or write it again",
        )
    _check_files_beside(data)
    # The offset of an array behind an external link is one in the linked file.
    linked = Path(data.file.filename).resolve() != path.resolve()
    if data.chunks or data.is_virtual or data.external or linked:
        return LockedArray(data)
    if not data.size:
        return np.empty(data.shape, data.dtype)
    offset = data.id.get_offset()
    if offset is None:
        raise AVEError(
            "the array is empty",
            file=path,
            key=key,
            found=f"shape {data.shape}, but no values",
            fix="Its writer was interrupted. Write or download the file again",
        )
    size, expected = path.stat().st_size, offset + data.size * data.dtype.itemsize
    if size < expected:
        raise _unreadable(path, f"{size} bytes instead of {expected}")
    array = np.memmap(path, data.dtype, "r", offset, data.shape)
    file.close()
    return array


def _dataset(file, key, path, link):
    """The array `key`, its raw files taken from the folder of its file, where HDF5 does not look by itself; or None."""
    holder = path.parent / link.filename if isinstance(link, h5py.ExternalLink) else path
    access = h5py.h5p.create(h5py.h5p.DATASET_ACCESS)
    access.set_efile_prefix(str(holder.resolve().parent).encode())
    try:
        return h5py.Dataset(h5py.h5d.open(file.id, key.encode(), access))
    except (KeyError, ValueError, TypeError, OSError):
        return None  # There is no array of this name.


def _check_files_beside(data):
    """Raises an error if a raw or source file is missing or short, which HDF5 reads as zeros."""
    folder = Path(data.file.filename).resolve().parent
    needed = [(name, start + min(size, data.size * data.dtype.itemsize)) for name, start, size in data.external or ()]
    if data.is_virtual:
        needed += [(source.file_name, 0) for source in data.virtual_sources() if source.file_name != "."]
    for name, end in needed:
        file = folder / name
        if not file.is_file() or file.stat().st_size < end:
            raise AVEError(
                "values are missing",
                file=data.file.filename,
                key=data.name.strip("/"),
                expected=f"{end} bytes in {file}" if end else f"the file {file}",
                found=f"{file.stat().st_size} bytes" if file.is_file() else "no file",
                fix="Put the complete file beside this one",
            )


def _unreadable(path, reason):
    return AVEError(
        "not a complete HDF5 file",
        file=path,
        expected="a complete HDF5 file",
        found=reason,
        fix="Download or write it again",
    )


def _several(shape):
    return bool(shape) and isinstance(shape[0], tuple)


def fits(found: Sequence[int], expected: Sequence[int | None]) -> bool:
    """Whether a shape matches `expected`, in which `None` matches any size."""
    return len(found) == len(expected) and all(e in (None, f) for f, e in zip(found, expected, strict=True))


def _written(shape):
    shapes = shape if _several(shape) else (shape,)
    return " or ".join(str(tuple("any" if e is None else e for e in s)).replace("'", "") for s in shapes)


def _names(kinds):
    return " or ".join({"f": "floats", "i": "integers", "u": "unsigned integers", "b": "booleans"}[k] for k in kinds)
