"""The safetensors format: a JSON header and the numbers. Forty lines, so no dependency on the compiled package."""

import json
import math
import struct

import numpy as np

HEADER = struct.Struct("<Q")
DTYPES = {
    **{"F64": "<f8", "F32": "<f4", "F16": "<f2", "BOOL": "?"},
    **{f"{kind}{8 * size}": f"<{kind.lower()}{size}" for kind in "IU" for size in (1, 2, 4, 8)},
}
NAMES = {np.dtype(dtype): name for name, dtype in DTYPES.items()}
METADATA = "__metadata__"


def read_safetensors(file):
    """`{name: array}` as views of `file`, an `mmap` of the whole.

    Raises:
        ValueError, LookupError, TypeError: it is cut off or damaged, or of a number type that NumPy does not have.
    """
    (size,) = HEADER.unpack_from(file)
    if HEADER.size + size > len(file):
        raise ValueError("its header reaches beyond the file")
    try:
        header = json.loads(file[HEADER.size : HEADER.size + size])
    except RecursionError as error:
        raise ValueError("its header is nested too deep") from error
    content = memoryview(file)[HEADER.size + size :]
    header.pop(METADATA, None)
    return {name: _array(content, **entry) for name, entry in header.items()}


def _array(content, dtype, shape, data_offsets):
    dtype, (start, stop) = np.dtype(DTYPES[dtype]), data_offsets
    if not all(isinstance(n, int) and n >= 0 for n in (*shape, start, stop)) or stop > len(content):
        raise ValueError("a tensor reaches beyond the file")
    if stop - start != math.prod(shape) * dtype.itemsize:
        raise ValueError("a tensor has another size than its shape says")
    return np.frombuffer(content[start:stop], dtype).reshape(shape)


def safetensors_bytes(arrays):
    """The file of `{name: array}`, piece by piece."""
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    header, position = {METADATA: {"format": "pt"}}, 0
    for name, array in arrays.items():
        offsets = [position, position + array.nbytes]
        header[name] = {"dtype": NAMES[array.dtype], "shape": list(array.shape), "data_offsets": offsets}
        position = offsets[1]
    text = json.dumps(header).encode()
    # Numbers begin at a multiple of eight bytes, as the format asks of writers.
    text += b" " * (-len(text) % 8)
    yield HEADER.pack(len(text)) + text
    for array in arrays.values():
        yield array.tobytes()
