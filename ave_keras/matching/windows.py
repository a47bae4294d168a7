"""The sliding-window method (paper Eq. 8) for a batch of distance matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ave_keras.errors import AVEError

if TYPE_CHECKING:
    import keras

# Find a sound in the picture, and a picture in the sound.
DIRECTIONS = ("a2v", "v2a")
# Relative difference below which costs count as equal, because float32 sums of equal numbers may differ by it.
TIE = 1e-6


def distance_model(model: keras.Model) -> keras.Model:
    """A model with the output `distances (B, T_v, T_a)` of `model` only; it shares the weights.

    Raises:
        AVEError: `model` has no such output.
    """
    import keras

    outputs = getattr(model, "output", None)
    if not isinstance(outputs, dict) or "distances" not in outputs:
        raise AVEError(
            f"model {model.name!r} is not a matching model",
            expected="a model with an output 'distances'",
            found=sorted(outputs) if isinstance(outputs, dict) else "one output",
            fix="Use one of zoo.list(task='matching')",
        )
    return keras.Model(model.input, outputs["distances"], name=f"{model.name}_distances")


def window_costs(distances: ArrayLike, starts: ArrayLike, lengths: ArrayLike) -> np.ndarray:
    """Eq. 8: `cost(t) = sum_{i < l} D(t + i, s + i)` for every start t of a window of l seconds.

    Args:
        distances: `(N, T, S)` between T searched seconds and S seconds of the modality of the query.
        starts: `(N,)` integers s, the first second of each query.
        lengths: `(N,)` integers l.

    Returns:
        `(N, T)` float64, infinite for starts without a window of l seconds.

    Raises:
        AVEError: Distances of another rank, or NaN; a query that is empty, outside its modality, or longer than what is
            searched.
    """
    distances = np.asarray(distances)
    starts, lengths = np.asarray(starts), np.asarray(lengths)
    _check(distances, starts, lengths)
    videos, seconds, queried = distances.shape
    offsets = np.arange(lengths.max())
    searched = np.arange(seconds)[:, None] + offsets
    query = starts[:, None] + offsets
    # Indices out of range are clipped here and masked below.
    terms = distances[
        np.arange(videos)[:, None, None],
        np.minimum(searched, seconds - 1)[None],
        np.minimum(query, queried - 1)[:, None],
    ].astype("float64")
    costs = np.where((offsets < lengths[:, None])[:, None], terms, 0).sum(-1)
    return np.where(np.arange(seconds) + lengths[:, None] <= seconds, costs, np.inf)


def localize(
    distances: ArrayLike, starts: ArrayLike, lengths: ArrayLike, direction: str = "a2v", similarity: bool = False
) -> np.ndarray:
    """The window that fits each query, as shares over the window starts.

    Windows with equal costs, up to one part in a million, are tied, and each of k tied windows gets a share of 1/k:
    scores are then the expectation of drawing one at random. A constant model thus scores like a random window, and not
    like the first one.

    Args:
        distances: `(N, T_v, T_a)` between picture i and sound j of each video.
        starts: `(N,)` first second of each query.
        lengths: `(N,)` length of each query in seconds.
        direction: `"a2v"` to find the sound in the picture, or `"v2a"`.
        similarity: Whether larger numbers mean a better fit.

    Returns:
        `(N, T)` float64 over the window starts; every row sums to one.

    Raises:
        AVEError: An unknown direction; see `window_costs`.

    Example:

    >>> localize(np.array([[[1.0, 5], [5, 2], [5, 1]]]), [0], [2])
    array([[1., 0., 0.]])

    Reference:
        Tian et al., ECCV 2018, Sec. 5, Eq. 8. The paper is silent on ties; the released code takes the first.
    """
    if direction not in DIRECTIONS:
        raise AVEError("unknown direction", key="direction", expected=f"one of {DIRECTIONS}", found=repr(direction))
    distances = np.asarray(distances)
    if direction == "v2a" and distances.ndim == 3:
        distances = distances.swapaxes(1, 2)
    costs = window_costs(-distances if similarity else distances, starts, lengths)
    return shares(costs)


def shares(costs: np.ndarray) -> np.ndarray:
    """Costs `(N, T)` to shares, with the tie rule of `localize`."""
    finite = np.isfinite(costs)
    scale = np.abs(np.where(finite, costs, 0)).max(axis=1, keepdims=True)
    tied = finite & (costs <= costs.min(axis=1, keepdims=True) + TIE * scale)
    return tied / tied.sum(axis=1, keepdims=True)


def _check(distances, starts, lengths):
    if distances.ndim != 3 or not starts.shape == lengths.shape == distances.shape[:1] or not starts.size:
        raise AVEError(
            "wrong shapes",
            expected="distances (N, T, S), starts (N,), lengths (N,), N of 1 or more",
            found=f"distances {distances.shape}, starts {starts.shape}, lengths {lengths.shape}",
        )
    _, seconds, queried = distances.shape
    rules = (
        (lengths < 1, "empty query", "at least one second", lengths),
        (lengths > seconds, "query longer than the video", f"at most {seconds} seconds", lengths),
        (starts < 0, "query out of range", "a start of 0 or more", starts),
        (starts + lengths > queried, "query out of range", f"an end by {queried}", starts + lengths),
        (~np.isfinite(distances).all(axis=(1, 2)), "a distance is NaN or infinite", "finite distances", None),
    )
    for broken, what, expected, values in rules:
        if broken.any():
            first = int(np.flatnonzero(broken)[0])
            found = "" if values is None else f"{values[first]} "
            raise AVEError(what, expected=expected, found=f"{found}in query {first}, {broken.sum()} such queries")
