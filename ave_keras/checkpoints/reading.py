"""Reads a PyTorch or safetensors file as NumPy arrays, without PyTorch and without running code from the file."""

import mmap
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from safetensors import SafetensorError, deserialize

from ave_keras.checkpoints.legacy import MAGIC_BYTES, read_legacy
from ave_keras.checkpoints.objects import Module, Tensor
from ave_keras.checkpoints.zipped import read_zipped
from ave_keras.errors import AVEError, first_line

SUFFIXES = (".pt", ".pth", ".bin", ".safetensors", ".pth.tar")
# Far more than any network of this project has.
MAX_MODULES, MAX_PREFIX = 1000, 1000
# The number types of safetensors. NumPy lacks those in `SMALL`, which become float32.
NUMBERS = ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
SMALL = {"BF16": ml_dtypes.bfloat16, "F8_E4M3": ml_dtypes.float8_e4m3fn, "F8_E5M2": ml_dtypes.float8_e5m2}
TYPES = {"BOOL": np.dtype("?")} | {f"{name[0].upper()}{8 * int(name[1])}": np.dtype(name) for name in NUMBERS}
TYPES |= {name: np.dtype(kind) for name, kind in SMALL.items()}
DAMAGE: tuple[type[Exception], ...] = (ValueError, LookupError, TypeError, AttributeError, OverflowError, struct.error)
DAMAGE += (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, SafetensorError)


@dataclass(frozen=True)
class Checkpoint:
    """The contents of a weights file.

    Attributes:
        arrays: `{name: array}` in the order of the file (safetensors: by name); bfloat16 and float8 become float32.
        network: The class of a pickled module, such as `"models.att_Net"`; None for a state dict.
        file: The path of the file.
    """

    arrays: dict
    network: str | None
    file: Path


def is_checkpoint(path: str | Path) -> bool:
    """Whether the suffix is one of PyTorch or safetensors."""
    return Path(path).name.endswith(SUFFIXES)


def read(path: str | Path) -> Checkpoint:
    """Reads a pickled module or a state dict, in PyTorch's legacy or zip format, or safetensors.

    It needs no class of the saving program and runs no code from the file. Arrays of PyTorch files are views of the
    mapped file, not copies. A state dict may be an entry of another dict and may have the prefix of `DataParallel`.

    Args:
        path: The file to read; its contents determine the format.

    Returns:
        A `Checkpoint`.

    Raises:
        AVEError: The file is missing, truncated or damaged, or contains more than tensors, plain containers and
            modules.

    Example:

    >>> read("AV_att.pt").arrays["L2.weight"].shape
    (29, 64)
    """
    path = Path(path)
    if not path.is_file():
        raise AVEError("weights file not found", file=path)
    try:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        arrays, network = _parse(content, path)
    except AVEError:
        raise
    except DAMAGE as error:
        raise AVEError(
            "unreadable weights file",
            file=path,
            expected="PyTorch's legacy or zip format, or safetensors",
            found=first_line(error)[:200],
            fix="Download it again. No code from the file was run",
        ) from error
    if arrays and all(name.startswith("module.") for name in arrays):
        arrays = {name.removeprefix("module."): array for name, array in arrays.items()}
    return Checkpoint(arrays, network, path)


def _parse(content, path):
    if content[:4] == b"PK\3\4":
        value, numbers = read_zipped(content, str(path))
    elif MAGIC_BYTES in content[:32]:
        value, numbers = read_legacy(content, str(path))
    elif content[8:9] == b"{":
        return read_safetensors(content, path), None
    else:
        raise ValueError("another format")
    root = _root(value)
    tensors = _of_module(root) if isinstance(root, Module) else root
    arrays = {name: tensor.array(numbers[tensor.storage.key]) for name, tensor in tensors.items()}
    return arrays, root.name if isinstance(root, Module) else None


def read_safetensors(content: Any, path: Path) -> dict[str, np.ndarray]:
    """The arrays of a safetensors file in memory, by name."""
    arrays = {}
    for name, tensor in sorted(deserialize(content[:])):
        kind = tensor["dtype"]
        if kind not in TYPES:
            raise AVEError(
                "unknown type of numbers",
                file=path,
                key=name,
                expected=f"one of {list(TYPES)}",
                found=repr(kind),
                fix="Save the weights as float32",
            )
        array = np.frombuffer(tensor["data"], TYPES[kind]).reshape(tensor["shape"])
        arrays[name] = array.astype("float32") if kind in SMALL else array
    return arrays


def _root(value):
    """The module or dict of tensors: the value itself, or the only one among the values of a dict."""
    if isinstance(value, Module):
        return value
    if not isinstance(value, dict):
        raise ValueError("it contains neither a module nor a state dict")
    if tensors := {key: item for key, item in value.items() if isinstance(item, Tensor) and isinstance(key, str)}:
        return tensors
    inner = [item for item in value.values() if isinstance(item, Module) or _is_state(item)]
    if len(inner) != 1:
        raise ValueError(f"it contains {len(inner)} modules or state dicts, not one")
    return inner[0]


def _is_state(value):
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(key, str) and isinstance(item, Tensor) for key, item in value.items())
    )


def _of_module(root):
    """`{dotted name: Tensor}` of a module, like PyTorch's `state_dict`."""
    tensors, waiting, seen = {}, [("", root)], 0
    while waiting:
        prefix, module = waiting.pop()
        seen += 1
        # Stops modules that contain themselves, or the same module many times.
        if seen > MAX_MODULES or len(prefix) > MAX_PREFIX:
            raise ValueError("it contains too many modules")
        for kind in ("_parameters", "_buffers"):
            items = module.state.get(kind) or {}
            tensors |= {f"{prefix}{name}": tensor for name, tensor in items.items() if isinstance(tensor, Tensor)}
        inner = [(f"{prefix}{name}.", item) for name, item in module.state["_modules"].items() if _has_modules(item)]
        waiting += reversed(inner)
    return tensors


def _has_modules(value):
    return isinstance(value, Module) and isinstance(value.state, dict)
