"""PyTorch's format before 1.6: pickles one after the other, then the numbers of every storage."""

import struct

import numpy as np

from ave_keras.checkpoints.objects import Meaning
from ave_keras.checkpoints.pickles import Machine

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
#: How a file of this format begins, whatever pickle protocol its writer chose.
MAGIC_BYTES = b"\x8a\x0a" + MAGIC.to_bytes(10, "little")
COUNT = struct.Struct("<q")


def read_legacy(file, name):
    """`(value, numbers)`: what was saved, and `{storage key: (n,) array}` as views of `file`.

    Args:
        file: an `mmap` of the whole file.
        name: its name, for errors.

    Raises:
        ValueError, LookupError, TypeError: it is cut off or damaged.
        AVEError: it holds something that is not admitted.
    """
    if _plain(file, name) != MAGIC:
        raise ValueError("it does not begin as PyTorch's files do")
    protocol, system = _plain(file, name), _plain(file, name)
    if protocol != PROTOCOL or not isinstance(system, dict) or system.get("little_endian") is not True:
        raise ValueError("it was written by another version of PyTorch, or on a big-endian machine")
    meaning = Meaning(name)
    value = Machine(meaning).run(file)
    meaning.finish()
    keys = _plain(file, name)
    position, numbers = file.tell(), {}
    for key in keys:
        storage = meaning.storages[key]
        (size,) = COUNT.unpack_from(file, position)
        if size != storage.size:
            raise ValueError(f"storage {key[:40]!r} has another size than its tensors say")
        # NumPy refuses, before it takes any memory, what reaches beyond the file.
        numbers[key] = np.frombuffer(file, storage.dtype, size, position + COUNT.size)
        position += COUNT.size + numbers[key].nbytes
    return value, numbers


def _plain(file, name):
    meaning = Meaning(name)
    value = Machine(meaning).run(file)
    meaning.finish()
    return value
