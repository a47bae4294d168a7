"""Reads PyTorch's format before 1.6: several pickles, followed by the numbers of every storage."""

import struct

import numpy as np

from ave_keras.checkpoints.objects import unpickle

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
#: The start of a file in this format, for any pickle protocol.
MAGIC_BYTES = b"\x8a\x0a" + MAGIC.to_bytes(10, "little")
COUNT = struct.Struct("<q")


def read_legacy(file, name, unpickle=unpickle):
    """Returns `(value, numbers)`: the saved object, and `{storage key: (n,) array}` as views of `file`.

    Args:
        file: An `mmap` of the whole file.
        name: The name of the file, for errors.
        unpickle: `objects.unpickle`, or another function like it.

    Raises:
        ValueError, LookupError, TypeError: The file is truncated or damaged.
        AVEError: The file contains a type or call that is not allowed.
    """
    if unpickle(file, name)[0] != MAGIC:
        raise ValueError("it does not start like a PyTorch file")
    (protocol, _), (system, _) = unpickle(file, name), unpickle(file, name)
    if protocol != PROTOCOL or not isinstance(system, dict) or system.get("little_endian") is not True:
        raise ValueError("it is from another version of PyTorch or from a big-endian machine")
    value, allowlist = unpickle(file, name)
    keys, _ = unpickle(file, name)
    position, numbers = file.tell(), {}
    for key in keys:
        storage = allowlist.storages[key]
        (size,) = COUNT.unpack_from(file, position)
        if size != storage.size:
            raise ValueError(f"storage {key[:40]!r} has the wrong size")
        # NumPy checks against the size of the file before it allocates memory.
        numbers[key] = np.frombuffer(file, storage.dtype, size, position + COUNT.size)
        position += COUNT.size + numbers[key].nbytes
    return value, numbers
