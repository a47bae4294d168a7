"""Trivial references that use no features; on the released test split they beat the paper's models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ave_keras.errors import AVEError

if TYPE_CHECKING:
    from ave_keras.matching.queries import Queries


def references(
    queries: Queries, train_starts: np.ndarray | None = None, train_lengths: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Trivial predictions for `Queries`, in the form of `localize`.

    Args:
        queries: The queries.
        train_starts: `(M,)` first seconds of the events in the training split; without them, the last reference is
            omitted.
        train_lengths: `(M,)` their lengths.

    Returns:
        `{name: (N, T) shares}`: a random window, the first, the last, and the most frequent start in train among events
        of the query's length. Equally frequent starts share the prediction; a length that is not in train gets a random
        window.

    Raises:
        AVEError: a query is longer than its video, or empty.

    Reference:
        None in the paper. Released test split, exact match: 20.8, 35.3, 46.8 and 47.0 %.
    """
    windows = queries.segments - queries.lengths + 1
    if windows.min() < 1 or queries.lengths.min() < 1:
        worst = queries.lengths[(windows < 1) | (queries.lengths < 1)][0]
        raise AVEError("invalid query length", expected=f"1 to {queries.segments} seconds", found=f"{worst} seconds")
    seconds = np.arange(queries.segments)
    fits = seconds < windows[:, None]
    found = {
        "random window": fits / windows[:, None],
        "first window": np.float64(fits & (seconds == 0)),
        "last window": np.float64(seconds == windows[:, None] - 1),
    }
    if train_starts is not None:
        counts = np.zeros((queries.segments + 1, queries.segments))
        np.add.at(counts, (np.asarray(train_lengths), np.asarray(train_starts)), 1)
        counts = np.where(fits, counts[queries.lengths], -1)
        modes = counts == counts.max(axis=1, keepdims=True)
        found["most frequent start per length"] = modes / modes.sum(axis=1, keepdims=True)
    return found
