"""Matching of a single pair: which seconds of a picture track fit a sound, or the reverse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ave_keras.errors import AVEError
from ave_keras.matching.windows import DIRECTIONS, distance_model, shares, window_costs

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Match:
    """The windows that fit a query of `length` seconds.

    Attributes:
        starts: Start of the best window; several starts if their costs are equal.
        costs: `(W,)` mean distance per second of the windows that start at 0, 1, …
        length: Length of the query in seconds.
    """

    starts: tuple
    costs: np.ndarray
    length: int


def match(
    model: keras.Model,
    audio: ArrayLike,
    visual: ArrayLike,
    direction: str = "a2v",
    start: int = 0,
    length: int | None = None,
) -> Match:
    """Finds the window of one modality that fits a query in the other.

    Args:
        model: a trained model, one of `zoo.list(task="matching")`.
        audio: `(T_a, d_a)` features, one row per second.
        visual: `(T_v, H, W, d_v)` or `(T_v, d_v)` features, as the model takes them.
        direction: `"a2v"` to find a sound in the picture; `"v2a"` to find a picture in the sound.
        start: First second of the query in its own modality.
        length: Length of the query in seconds; to the end of its modality by default.

    Returns:
        `Match`.

    Raises:
        AVEError: Features of another shape, NaN or infinite; a query that is empty, out of range, or longer than the
            other modality; a model that does not match pairs.

    Example:

    >>> model = zoo.load("avdln", weights="avdln_official_keras2.h5")
    >>> ave_keras.matching.match(model, dog_barks, video).starts
    (3,)
    """
    if direction not in DIRECTIONS:
        raise AVEError("unknown direction", key="direction", expected=f"one of {DIRECTIONS}", found=repr(direction))
    distances = distance_model(model)
    x = {name: _features(name, array, model) for name, array in (("audio", audio), ("visual", visual))}
    available = len(x["audio" if direction == "a2v" else "visual"])
    if not all(isinstance(n, int | np.integer) for n in (start, 0 if length is None else length)) or start < 0:
        expected, found = "whole seconds, a start of 0 or more", f"start {start}, length {length}"
        raise AVEError("invalid query", key="start, length", expected=expected, found=found)
    length = available - start if length is None else length
    found = distances.predict({name: array[None] for name, array in x.items()}, verbose=0)
    found = found if direction == "a2v" else found.swapaxes(1, 2)
    costs = window_costs(found, [start], [length])
    (best,) = np.nonzero(shares(costs)[0])
    return Match(tuple(map(int, best)), costs[0, : found.shape[1] - length + 1] / length, int(length))


def _features(name, array, model):
    array = np.asarray(array)
    expected = tuple(model.input[name].shape[2:])
    fits = array.ndim == len(expected) + 1 and array.shape[1:] == expected
    if not fits or not len(array) or array.dtype.kind not in "fiu":
        rows = "(seconds of 1 or more, " + ", ".join(map(str, expected)) + ") numbers"
        raise AVEError("wrong feature shape", key=name, expected=rows, found=f"{array.shape} {array.dtype}")
    array = array.astype("float32")
    bad = np.flatnonzero(~np.isfinite(array).reshape(len(array), -1).all(axis=1))
    if bad.size:
        raise AVEError("a feature is NaN or infinite", key=name, expected="finite values", found=f"second {bad[0]}")
    return array
