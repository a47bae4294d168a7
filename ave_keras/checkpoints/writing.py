"""State dicts written as PyTorch or safetensors files, without PyTorch."""

import io
import os
import struct
import zipfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from ave_keras.errors import AVEError


def write(path, arrays):
    """Writes `{name: float32 array}`: safetensors by that suffix, PyTorch's zip format by `.pt`, `.pth` or `.bin`.

    `torch.load(path)` reads the latter, with `weights_only=True` as it does by default. The file appears whole or not
    at all.

    Args:
        path: of the file.
        arrays: as `export_weights` gives them.

    Raises:
        AVEError: another suffix, or the file cannot be written.
    """
    path = Path(path)
    arrays = {name: np.ascontiguousarray(array, "<f4") for name, array in arrays.items()}
    if path.suffix == ".safetensors":
        pieces = [save(arrays, {"format": "pt"})]
    elif path.suffix in (".pt", ".pth", ".bin"):
        pieces = [_torch_bytes(path.stem, arrays)]
    else:
        raise AVEError("no such format of weights", file=path, expected=".pt, .pth, .bin or .safetensors")
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("wb") as file:
            file.writelines(pieces)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise AVEError("weights cannot be written", file=path, found=error.strerror) from error


def _torch_bytes(folder, arrays):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(f"{folder}/data.pkl", _pickled(arrays))
        archive.writestr(f"{folder}/byteorder", "little")
        for number, array in enumerate(arrays.values()):
            archive.writestr(f"{folder}/data/{number}", array.tobytes())
        archive.writestr(f"{folder}/version", "3\n")
    return file.getvalue()


def _pickled(arrays):
    """An OrderedDict of tensors in pickle's protocol 2, instruction by instruction."""
    pieces = [b"\x80\x02ccollections\nOrderedDict\n)R("]
    for number, (name, array) in enumerate(arrays.items()):
        size, strides = array.shape, [step // array.itemsize for step in array.strides]
        pieces += [_text(name), b"ctorch._utils\n_rebuild_tensor_v2\n(("]
        pieces += [_text("storage"), b"ctorch\nFloatStorage\n", _text(str(number)), _text("cpu"), _int(array.size)]
        pieces += [b"tQK\x00", _tuple(size), _tuple(strides), b"\x89ccollections\nOrderedDict\n)RtR"]
    return b"".join([*pieces, b"u."])


def _tuple(numbers):
    return b"(" + b"".join(map(_int, numbers)) + b"t"


def _int(number):
    return b"J" + struct.pack("<i", number)


def _text(text):
    return b"X" + struct.pack("<I", len(text.encode())) + text.encode()
