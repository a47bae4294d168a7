"""The allowed contents of a pickle with NumPy arrays: arrays as inert stand-ins, beside PyTorch's tensors."""

import re
from dataclasses import dataclass
from math import prod

import numpy as np

from ave_keras.checkpoints.objects import Allowlist, Name, unpickle

# NumPy 2 renamed its inner modules.
RECONSTRUCT = {f"numpy.{core}.multiarray._reconstruct" for core in ("core", "_core")}
SCALAR = {f"numpy.{core}.multiarray.scalar" for core in ("core", "_core")}
FROM_BUFFER = {f"numpy.{core}.numeric._frombuffer" for core in ("core", "_core")}
# Booleans, numbers and text; "O", whose items are values of the pickle itself.
KINDS = re.compile(r"[?bBhHiIlLqQefd]|[biufSU]\d+|O8?")


@dataclass(eq=False)
class Dtype:
    """A number type; pickles set its byte order after creating it."""

    text: str
    order: str = "|"

    @property
    def numpy(self):
        """The number type as NumPy's."""
        return np.dtype(self.text).newbyteorder(self.order)


@dataclass(eq=False)
class Array:
    """An array; pickles create it empty and set its contents afterwards."""

    shape: tuple = ()
    dtype: Dtype | None = None
    fortran: bool = False
    content: object = None

    def values(self):
        """The array; of an array of objects, the list of its items, or without axes its only item.

        Raises:
            ValueError: The contents are missing or have another size.
        """
        if self.dtype is None:
            raise ValueError("an array without contents")
        if self.dtype.text.startswith("O"):
            if not isinstance(self.content, list) or len(self.content) != prod(self.shape):
                raise ValueError("an array of objects of the wrong size")
            return self.content if self.shape else self.content[0]
        numbers = np.frombuffer(_bytes(self.content), self.dtype.numpy)
        return numbers.reshape(self.shape, order="F" if self.fortran else "C")


class ArrayAllowlist(Allowlist):
    """Resolves what an `Allowlist` does, and NumPy's arrays, scalars and number types."""

    def call(self, function, arguments):
        """Returns the value of one of NumPy's calls, else that of `Allowlist.call`."""
        text = function.text if isinstance(function, Name) and isinstance(arguments, tuple) else ""
        if text in RECONSTRUCT:
            self._mark_used(arguments[0], "numpy.ndarray")
            found = Array()
        elif text in FROM_BUFFER:
            content, dtype, shape, order = arguments
            found = Array(_shape(shape), _dtype(dtype), order == "F", content)
        elif text in SCALAR:
            found = np.frombuffer(_bytes(arguments[1]), _dtype(arguments[0]).numpy)[0].item()
        elif text == "numpy.dtype":
            if not isinstance(arguments[0], str) or not KINDS.fullmatch(arguments[0]):
                raise self._refusal(f"numpy.dtype {arguments[0]!r}")
            found = Dtype(arguments[0])
        elif text == "_codecs.encode":
            found = _bytes(arguments[0])
        else:
            return super().call(function, arguments)
        function.used = True
        return found

    def build(self, value, state):
        """Sets the contents of an array or the byte order of a number type."""
        if isinstance(value, Dtype):
            value.order = state[1] if state[1] in ("<", ">", "=", "|") else "|"
        elif isinstance(value, Array):
            _, shape, dtype, value.fortran, value.content = state
            value.shape, value.dtype = _shape(shape), _dtype(dtype)
        else:
            return super().build(value, state)
        return value

    def _mark_used(self, name, expected):
        if not isinstance(name, Name) or name.text != expected:
            raise self._refusal(getattr(name, "text", repr(name)))
        name.used = True

    def _refusal(self, text):
        return self._refused(
            "arrays", "arrays, numbers, text and plain containers", text, "Save the arrays with np.savez"
        )


def _shape(value):
    if not isinstance(value, tuple) or not all(isinstance(n, int) and 0 <= n < 1 << 48 for n in value):
        raise ValueError("a shape out of range")
    return value


def _dtype(value):
    if not isinstance(value, Dtype):
        raise TypeError("an array without a number type")
    return value


def _bytes(value):
    # Python 2 and old protocols store bytes as text.
    return value.encode("latin-1") if isinstance(value, str) else value


def unpickle_arrays(file, name):
    """Like `objects.unpickle`, with NumPy arrays, which are returned as `Array`."""
    return unpickle(file, name, ArrayAllowlist)
