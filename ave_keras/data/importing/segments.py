"""Brings the features of a video into the form of the official layout: one row per second, depth last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ave_keras.errors import AVEError

LAYOUTS = ("channels_last", "channels_first")
SIZES = {"audio": "(rows, d)", "visual": "(rows, d) or (rows, height, width, depth)"}


@dataclass(frozen=True)
class Form:
    """How the features of one modality are stored.

    Args:
        modality: "audio" or "visual".
        rate: Rows per second, which are averaged.
        layout: The place of the depth in maps, one of `LAYOUTS`. By default, height and width are the two equal axes.
        pad: Whether to repeat the last second where an array is too short.
    """

    modality: str
    rate: int = 1
    layout: str | None = None
    pad: bool = False

    def __post_init__(self):
        if self.rate < 1:
            raise AVEError("invalid rate", key="rate", expected="whole rows per second, 1 or more", found=self.rate)
        if self.layout not in (None, *LAYOUTS):
            raise AVEError("unknown layout", key="layout", expected=f"one of {LAYOUTS}", found=repr(self.layout))

    def sizes(self, shape: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        """`(seconds, sizes of a second)` of an array of this shape.

        Raises:
            AVEError: The array has other axes, or its rows are not a multiple of the rate.
        """
        axes = (2,) if self.modality == "audio" else (2, 4)
        if len(shape) not in axes or not all(shape):
            fix = "Maps need a depth, even of 1" if self.modality == "visual" and len(shape) == 3 else None
            raise AVEError("wrong shape", expected=SIZES[self.modality], found=tuple(shape), fix=fix)
        seconds, rest = divmod(shape[0], self.rate)
        if rest or not seconds:
            expected = f"a multiple of {self.rate}, the rows per second"
            raise AVEError("the rate does not divide the rows", expected=expected, found=f"{shape[0]} rows")
        inner = tuple(shape[1:])
        return seconds, (*inner[1:], inner[0]) if self._depth_first(inner) else inner

    def apply(self, array: Any, segments: int) -> np.ndarray:
        """The features of the first `segments` seconds of a checked array, `(T, …)`."""
        values = np.asarray(array[:])[: segments * self.rate]
        if self._depth_first(values.shape[1:]):
            values = np.moveaxis(values, 1, -1)
        if self.rate > 1:
            values = values.reshape(-1, self.rate, *values.shape[1:]).mean(axis=1, dtype="float64")
        missing = segments - len(values)
        return np.concatenate([values, np.repeat(values[-1:], missing, axis=0)]) if missing > 0 else values

    def _depth_first(self, inner):
        if len(inner) != 3:
            return False
        if self.layout:
            return self.layout == "channels_first"
        last, first = inner[0] == inner[1], inner[1] == inner[2]
        if last == first:
            fix = "Say where the depth is with layout, channels_last or channels_first"
            raise AVEError("the axes of the maps are not clear", found=inner, fix=fix)
        return first


def stored_dtype(dtype: np.dtype) -> np.dtype:
    """The type to store: float16 as it is, other numbers as float32.

    Raises:
        AVEError: The type is not one of numbers.
    """
    if dtype.kind not in "fiu":
        raise AVEError("not numbers", expected="floats or integers", found=dtype)
    return np.dtype("float16") if dtype.kind == "f" and dtype.itemsize == 2 else np.dtype("float32")
