"""The allowed contents of a PyTorch file: tensors, plain containers, and modules as inert stand-ins."""

from collections import OrderedDict
from dataclasses import dataclass, field

import ml_dtypes
import numpy as np

from ave_keras.checkpoints.pickles import PickleMachine, checked_key
from ave_keras.errors import AVEError

DTYPES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
    "BFloat16Storage": ml_dtypes.bfloat16,
}
# RNN modules that have run on a GPU contain one of these; it is pickled without contents.
CUDNN_STATE = "torch.backends.cudnn.rnn.Unserializable"


@dataclass(eq=False)
class Name:
    """The name of a class or function, which is never imported or called."""

    text: str
    used: bool = False


@dataclass(eq=False)
class Module:
    """A stand-in for an object of any class: the name of its class and its attributes."""

    name: str
    state: dict | None = None


@dataclass(frozen=True, eq=False)
class Storage:
    """The place of a tensor's numbers: `size` numbers of the storage `key`, from index `start`."""

    key: str
    dtype: np.dtype
    size: int
    start: int = 0


@dataclass(frozen=True, eq=False)
class Tensor:
    """A view of a storage."""

    storage: Storage
    offset: int
    shape: tuple
    strides: tuple

    def array(self, numbers):
        """The tensor as a NumPy view of its storage's `numbers (n,)`, without copying; bfloat16 as a float32 copy.

        Raises:
            ValueError: The tensor extends past its storage.
        """
        first = self.storage.start + self.offset
        last = first + sum((n - 1) * step for n, step in zip(self.shape, self.strides, strict=True))
        if 0 not in self.shape and last >= len(numbers):
            raise ValueError("a tensor extends past its storage")
        size = numbers.itemsize
        strides = [step * size for step in self.strides]
        array = np.lib.stride_tricks.as_strided(numbers[first:], self.shape, strides, writeable=False)
        return array.astype("float32") if array.dtype == ml_dtypes.bfloat16 else array


@dataclass
class Allowlist:
    """Resolves the names, calls and references in a file, and refuses all that are not allowed.

    Args:
        file: The name of the file, for errors.
    """

    file: str
    storages: dict = field(default_factory=dict)
    names: list = field(default_factory=list)
    modules: list = field(default_factory=list)

    def name(self, text):
        """Records a name in the file."""
        self.names.append(Name(text))
        return self.names[-1]

    def call(self, function, arguments):
        """Returns the value of a call in `CALLS`, or for any other class without arguments, an empty `Module`."""
        if not isinstance(function, Name) or not isinstance(arguments, tuple):
            raise TypeError("a call of something that is not a name")
        function.used = True
        if function.text in CALLS:
            return CALLS[function.text](*arguments)
        if arguments:
            raise self._refusal(function.text)
        self.modules.append(Module(function.text))
        return self.modules[-1]

    def build(self, value, state):
        """Sets the attributes of a module; drops the hooks of tensors and the metadata of dicts."""
        if isinstance(value, Module):
            if value.name != CUDNN_STATE and not (
                isinstance(state, dict) and {"_modules", "_parameters"} <= state.keys()
            ):
                raise self._refusal(value.name)
            value.state = state
        elif not isinstance(value, Tensor | OrderedDict):
            raise TypeError("attributes of an object without attributes")
        return value

    def persistent(self, identifier):
        """Resolves `("storage", type, key, place, size[, view])` to a `Storage`, `("module", class, …)` to a class."""
        kind, name, *rest = identifier
        name.used = True
        if kind == "module":
            return name
        if kind != "storage" or name.text.removeprefix("torch.") not in DTYPES:
            raise self._refusal(name.text)
        key, _, size, *view = rest
        dtype = np.dtype(DTYPES[name.text.removeprefix("torch.")])
        storage = self.storages.setdefault(_text(key), Storage(key, dtype, _count(size)))
        if (storage.dtype, storage.size) != (dtype, size):
            raise ValueError("a storage with two types or sizes")
        return storage if view in ([], [None]) else Storage(key, dtype, _count(view[0][2]), _count(view[0][1]))

    def finish(self):
        """Refuses the file if a name was never used or a module never got its attributes."""
        for name in self.names:
            if not name.used:
                raise self._refusal(name.text)
        for module in self.modules:
            if module.state is None:
                raise self._refusal(module.name)

    def _refusal(self, text):
        fix = "Ask its author to save only model.state_dict()"
        return self._refused("weights", "tensors, plain containers and PyTorch modules", text, fix)

    def _refused(self, contents, expected, text, fix):
        return AVEError(
            f"the file contains more than {contents}",
            file=self.file,
            expected=expected,
            found=text[:200],
            fix=f"{fix}. No code from the file was run",
        )


def _tensor(storage, offset, shape, strides, *_):
    if not isinstance(storage, Storage) or len(shape) != len(strides):
        raise TypeError("an invalid tensor")
    return Tensor(storage, _count(offset), tuple(map(_count, shape)), tuple(map(_count, strides)))


def _parameter(data, *_):
    if not isinstance(data, Tensor):
        raise TypeError("a parameter that is not a tensor")
    return data


def _ordered(pairs=()):
    return OrderedDict((checked_key(key), value) for key, value in pairs)


def _set(values=()):
    return {checked_key(value) for value in values}


def _count(value):
    if not isinstance(value, int) or not 0 <= value < 1 << 48:
        raise ValueError("a size out of range")
    return value


def _text(value):
    if not isinstance(value, str):
        raise TypeError("a key that is not text")
    return value


CALLS = {
    "collections.OrderedDict": _ordered,
    "__builtin__.set": _set,
    "builtins.set": _set,
    "torch.Size": lambda sizes: tuple(map(_count, sizes)),
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch.nn.parameter.Parameter": _parameter,
    "torch.autograd.variable.Variable": _parameter,
    # Every module of PyTorch 0.3 and 0.4 contains this; it selected an implementation.
    "torch.nn.backends.thnn._get_thnn_function_backend": lambda: None,
}


def unpickle(file, name, kind=Allowlist):
    """Reads the next pickle in `file`.

    Args:
        file: A file object.
        name: The name of the file, for errors.
        kind: The class of the allowlist.

    Returns:
        `(value, allowlist)`: The value, and the `Allowlist` with its storages.
    """
    allowlist = kind(name)
    value = PickleMachine(allowlist).run(file)
    allowlist.finish()
    return value, allowlist
