"""From a file of PyTorch or safetensors to NumPy arrays by name, without PyTorch and without running anything."""

import mmap
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from ave_keras.checkpoints.legacy import MAGIC_BYTES, read_legacy
from ave_keras.checkpoints.objects import Module, Tensor
from ave_keras.checkpoints.zipped import read_zipped
from ave_keras.errors import AVEError

SUFFIXES = (".pt", ".pth", ".bin", ".safetensors")
# Far more than any network here has.
MAX_MODULES, MAX_PREFIX = 1000, 1000
DAMAGE = (ValueError, LookupError, TypeError, AttributeError, OverflowError, struct.error)
DAMAGE += (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, SafetensorError)


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds.

    Attributes:
        arrays: `{name: array}` in the order of the file; bfloat16 becomes float32.
        network: the class of a whole pickled module, such as `"models.att_Net"`; None for a state dict.
        file: its path.
    """

    arrays: dict
    network: str | None
    file: Path


def is_checkpoint(path):
    """Whether the name of a file says that it is PyTorch's or safetensors'."""
    return Path(path).suffix in SUFFIXES


def read(path):
    """Reads a whole pickled module or a state dict, in PyTorch's legacy or zip format, or safetensors.

    No class of the saving program is needed and nothing in the file is run. PyTorch's arrays are views of the mapped
    file, not copies. A state dict may lie in a dict beside other things, and have the prefix of `DataParallel`.

    Args:
        path: of the file; what it is, its content says.

    Returns:
        A `Checkpoint`.

    Raises:
        AVEError: no such file; cut off or damaged; it holds anything but tensors, plain containers and modules.

    Example:

    >>> read("AV_att.pt").arrays["L2.weight"].shape
    (29, 64)
    """
    path = Path(path)
    if not path.is_file():
        raise AVEError("no such weights file", file=path)
    try:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        arrays, network = _parse(content, path)
    except AVEError:
        raise
    except DAMAGE as error:
        raise AVEError(
            "not a whole file of weights",
            file=path,
            expected="PyTorch's legacy or zip format, or safetensors",
            found=(str(error) or type(error).__name__).splitlines()[0][:200],
            fix="Nothing in it was run. Download it again",
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
        return _read_safetensors(path), None
    else:
        raise ValueError("none of these")
    root = _root(value)
    tensors = _of_module(root) if isinstance(root, Module) else root
    arrays = {name: tensor.array(numbers[tensor.storage.key]) for name, tensor in tensors.items()}
    return arrays, root.name if isinstance(root, Module) else None


def _read_safetensors(path):
    with safe_open(path, framework="numpy") as file:
        return {name: _float32(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118 - no mapping


def _float32(array):
    """Number types that NumPy does not have, such as bfloat16, as float32; others as they are."""
    return array.astype("float32") if array.dtype.isbuiltin == 2 else array


def _root(value):
    """The module or dict of tensors, or the only one among the values of a dict."""
    if isinstance(value, Module):
        return value
    if not isinstance(value, dict):
        raise ValueError("it holds neither a module nor a state dict")
    if tensors := {key: held for key, held in value.items() if isinstance(held, Tensor) and isinstance(key, str)}:
        return tensors
    inner = [held for held in value.values() if isinstance(held, Module) or _is_state(held)]
    if len(inner) != 1:
        raise ValueError(f"it holds {len(inner)} modules or state dicts, not one")
    return inner[0]


def _is_state(value):
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(key, str) and isinstance(held, Tensor) for key, held in value.items())
    )


def _of_module(root):
    """`{dotted name: Tensor}` of a module, as PyTorch's `state_dict` names them."""
    found, waiting, seen = {}, [("", root)], 0
    while waiting:
        prefix, module = waiting.pop()
        seen += 1
        # A module that holds itself, or the same one over and over, would never end.
        if seen > MAX_MODULES or len(prefix) > MAX_PREFIX:
            raise ValueError("it holds too many modules")
        for kind in ("_parameters", "_buffers"):
            held = module.state.get(kind) or {}
            found |= {f"{prefix}{name}": tensor for name, tensor in held.items() if isinstance(tensor, Tensor)}
        inner = [(f"{prefix}{name}.", held) for name, held in module.state["_modules"].items() if _has_modules(held)]
        waiting += reversed(inner)
    return found


def _has_modules(value):
    return isinstance(value, Module) and isinstance(value.state, dict)
