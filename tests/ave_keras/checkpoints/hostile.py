"""Valid weights files, and ways to corrupt them."""

import io
import pickle
import struct
import zipfile

import numpy as np
from safetensors.numpy import save

from ave_keras.checkpoints.legacy import MAGIC, PROTOCOL
from ave_keras.checkpoints.writing import _pickled, _torch_bytes

ARRAYS = {"L2.weight": np.arange(6, dtype="<f4").reshape(2, 3), "L2.bias": np.zeros(2, "<f4")}


def legacy(pickled, keys=(), storages=b""):
    """A legacy file around a pickle."""
    system = {"protocol_version": PROTOCOL, "little_endian": True, "type_sizes": {}}
    head = [pickle.dumps(value, 2) for value in (MAGIC, PROTOCOL, system)]
    return b"".join([*head, pickled, pickle.dumps(list(keys), 2), storages])


def zipped(pickled, entries=(), compression=zipfile.ZIP_STORED):
    """A zip file around a pickle."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("net/data.pkl", pickled)
        for name, content in dict(entries).items():
            archive.writestr(f"net/{name}", content)
    return file.getvalue()


def valid():
    """A small valid file of every format, `{name: bytes}`."""
    storages = b"".join(struct.pack("<q", array.size) + array.tobytes() for array in ARRAYS.values())
    return {
        "legacy.pt": legacy(_pickled(ARRAYS), ("0", "1"), storages),
        "zip.pt": _torch_bytes("net", ARRAYS),
        "net.safetensors": save(ARRAYS),
    }


def mutated(content, rng):
    """`content` with a few bytes changed, removed, repeated or replaced by harmful instructions."""
    content = bytearray(content)
    for _ in range(rng.integers(1, 6)):
        start = int(rng.integers(0, max(len(content), 1)))
        kind = rng.integers(0, 6)
        if kind == 0:
            del content[start:]
        elif kind == 1:
            del content[start : start + int(rng.integers(1, 40))]
        elif kind == 2:
            content[start:start] = content[start : start + int(rng.integers(1, 200))]
        elif kind == 3:
            content[start : start + 8] = struct.pack("<Q", int(rng.choice([0, 1 << 31, (1 << 63) - 1, 1 << 40])))
        elif kind == 4:
            content[start:start] = HARMFUL[int(rng.integers(0, len(HARMFUL)))]
        elif start < len(content):
            content[start] = int(rng.integers(0, 256))
    return bytes(content)


# Calls, huge counts, deep nesting, long memo indices, keys that hash slowly.
HARMFUL = (
    b"cos\nsystem\n(X\x05\x00\x00\x00touchtR",
    b"cposix\nsystem\n(X\x05\x00\x00\x00touchtR",
    b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"r\xff\xff\xff\xff",
    b"X\xff\xff\xff\x7f",
    b"\x8b\xff\xff\xff\x7f",
    b"(" * 2000,
    b"]q\x00h\x00a",
    b"\x85" * 2000,
    b"}(K\x01K\x02u.",
    b"I" + b"9" * 6000 + b"\n",
)
