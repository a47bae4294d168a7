"""Writes state dicts as PyTorch or safetensors files, without PyTorch."""

import io
import os
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from ave_keras.errors import AVEError


def write(path: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes `{name: float32 array}` atomically, as safetensors or in PyTorch's zip format, by the suffix.

    `torch.load(path)` reads the zip format, with its default `weights_only=True`.

    Args:
        path: The file to write: `.safetensors`, or `.pt`, `.pth`, `.pth.tar` or `.bin` for PyTorch.
        arrays: The result of `export_weights`.

    Raises:
        AVEError: The suffix is not supported, or the file cannot be written.
    """
    path = Path(path)
    arrays = {name: np.ascontiguousarray(array, "<f4") for name, array in arrays.items()}
    if path.suffix == ".safetensors":
        pieces = [save(arrays, {"format": "pt"})]
    elif path.name.endswith((".pt", ".pth", ".bin", ".pth.tar")):
        pieces = [_torch_bytes(path.stem, arrays)]
    else:
        raise AVEError("unknown weights format", file=path, expected=".pt, .pth, .bin or .safetensors")
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("wb") as file:
            file.writelines(pieces)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise AVEError("cannot write the weights", file=path, found=error.strerror) from error


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
    """Pickles an OrderedDict of tensors with protocol 2, instruction by instruction."""
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
