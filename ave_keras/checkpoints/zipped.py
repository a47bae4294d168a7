"""Reads PyTorch's format since 1.6: an uncompressed zip archive with `data.pkl` and one entry per storage."""

import io
import struct
import zipfile

import numpy as np

from ave_keras.checkpoints.objects import unpickle

LOCAL = struct.Struct("<4s22xHH")


def read_zipped(file, name, unpickle=unpickle):
    """Returns `(value, numbers)`: the saved object, and `{storage key: (n,) array}` as views of `file`.

    Args:
        file: An `mmap` of the whole file.
        name: The name of the file, for errors.
        unpickle: `objects.unpickle`, or another function like it.

    Raises:
        ValueError, LookupError, TypeError: The file is truncated or damaged.
        AVEError: The file contains a type or call that is not allowed.
    """
    with zipfile.ZipFile(name) as archive:
        entries = {info.filename: info for info in archive.infolist()}
    pickled = [entry for entry in entries if entry.endswith("/data.pkl")]
    if len(pickled) != 1:
        raise ValueError("it is another kind of archive")
    folder = pickled[0].removesuffix("data.pkl")
    if f"{folder}constants.pkl" in entries:
        raise ValueError("it is a TorchScript program")
    order = entries.get(f"{folder}byteorder")
    if order and bytes(_content(file, order)) != b"little":
        raise ValueError("it is from a big-endian machine")
    value, allowlist = unpickle(io.BytesIO(_content(file, entries[pickled[0]])), name)
    numbers = {}
    for key, storage in allowlist.storages.items():
        content = _content(file, entries[f"{folder}data/{key}"])
        if len(content) != storage.size * storage.dtype.itemsize:
            raise ValueError(f"storage {key[:40]!r} has the wrong size")
        numbers[key] = np.frombuffer(content, storage.dtype)
    return value, numbers


def _content(file, info):
    """The bytes of an entry as a view of the file."""
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size or info.flag_bits & 1:
        raise ValueError(f"entry {info.filename[:40]!r} is compressed or encrypted")
    signature, name_size, extra_size = LOCAL.unpack_from(file, info.header_offset)
    start = info.header_offset + LOCAL.size + name_size + extra_size
    if signature != b"PK\3\4" or start + info.file_size > len(file):
        raise ValueError(f"entry {info.filename[:40]!r} extends past the end of the file")
    return memoryview(file)[start : start + info.file_size]
