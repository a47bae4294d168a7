"""Reads arrays from `.npy`, `.npz`, pickle, PyTorch and safetensors files without running code from the file."""

import io
import mmap
import tokenize
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ave_keras.checkpoints.legacy import MAGIC_BYTES, read_legacy
from ave_keras.checkpoints.numpy_objects import Array, unpickle_arrays
from ave_keras.checkpoints.objects import Tensor
from ave_keras.checkpoints.reading import DAMAGE, read_safetensors
from ave_keras.checkpoints.zipped import read_zipped
from ave_keras.errors import AVEError, first_line

SUFFIXES = (".npy", ".npz", ".pt", ".pth", ".bin", ".safetensors", ".pkl", ".pickle")
NPY = b"\x93NUMPY"
DAMAGED: tuple[type[Exception], ...] = (*DAMAGE, zlib.error, MemoryError)
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


class StoredArray:
    """An array in a file: its shape and type are known, its values are read by `[:]` and `np.asarray`."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype, read: Callable[[], np.ndarray]):
        self.shape, self.dtype, self._read = shape, dtype, read

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> np.ndarray:
        return self._read()[index]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        values = self._read()
        return values if dtype is None else values.astype(dtype)


def read_arrays(path: str | Path) -> Any:
    """Reads the contents of a file, of which the first bytes determine the format.

    Large arrays stay in the file until they are used: `.npy` and PyTorch's are mapped, those in `.npz` are
    `StoredArray`s. bfloat16 and float8 become float32. A module or another object in a file is an error.

    Args:
        path: The file to read.

    Returns:
        An array, a dict of arrays (with nested dicts as they are in the file), or another plain value, such as a list.

    Raises:
        AVEError: The file is missing, damaged, in another format, or contains more than arrays and plain values.
    """
    path = Path(path)
    if not path.is_file():
        raise AVEError("file not found", file=path)
    try:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return _parse(content, path)
    except AVEError:
        raise
    except DAMAGED as error:
        raise AVEError(
            "unreadable array file",
            file=path,
            expected=f"one of {', '.join(SUFFIXES)}",
            found=first_line(error)[:200],
            fix="Write or download it again. No code from the file was run",
        ) from error


def read_pickle(file: Any, name: str) -> Any:
    """The plain value of a pickle in an open file; `name` is for errors, see `read_arrays`."""
    try:
        return _plain(unpickle_arrays(file, name)[0], {})
    except AVEError:
        raise
    except DAMAGED as error:
        raise AVEError("unreadable pickle", file=name, found=first_line(error)[:200]) from error


def _parse(content, path):
    if content[: len(NPY)] == NPY:
        return _read_npy(path)
    if content[:4] == b"PK\3\4":
        archive = zipfile.ZipFile(path)
        if any(name.endswith("/data.pkl") for name in archive.namelist()):
            return _plain(*read_zipped(content, str(path), unpickle_arrays))
        return {name.removesuffix(".npy"): _member(archive, name) for name in archive.namelist()}
    if MAGIC_BYTES in content[:32]:
        return _plain(*read_legacy(content, str(path), unpickle_arrays))
    if content[8:9] == b"{":
        return read_safetensors(content, path)
    return _plain(unpickle_arrays(content, str(path))[0], {})


def _read_npy(path):
    with path.open("rb") as file:
        _, _, dtype = _header(file)
        if dtype.hasobject:
            return _plain(unpickle_arrays(file, str(path))[0], {})
    return np.load(path, mmap_mode="r", allow_pickle=False)


def _member(archive, name):
    """An array of a `.npz` file, which stays open as long as its arrays are used."""
    with archive.open(name) as file:
        shape, _, dtype = _header(file)
        if dtype.hasobject:
            return _plain(unpickle_arrays(io.BytesIO(file.read()), archive.filename)[0], {})
        if archive.getinfo(name).file_size != file.tell() + int(np.prod(shape)) * dtype.itemsize:
            raise ValueError(f"{name} has the wrong size")

    def read():
        try:
            with archive.open(name) as file:
                return np.lib.format.read_array(file, allow_pickle=False)
        except DAMAGED as error:
            raise AVEError("unreadable array", file=archive.filename, key=name, found=first_line(error)) from error

    return StoredArray(shape, dtype, read)


def _header(file):
    version = np.lib.format.read_magic(file)
    if version not in HEADERS:
        raise ValueError(f"version {version} of the .npy format")
    try:
        return HEADERS[version](file)
    # NumPy evaluates the header as a literal of Python.
    except (SyntaxError, tokenize.TokenError, RecursionError) as error:
        raise ValueError("an invalid header") from error


def _plain(value, numbers):
    """Arrays instead of the stand-ins of the unpickler."""
    if isinstance(value, Tensor):
        return value.array(numbers[value.storage.key])
    if isinstance(value, Array):
        value = value.values()
    if isinstance(value, dict):
        return {key: _plain(item, numbers) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, numbers) for item in value]
    return value
