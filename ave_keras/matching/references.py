"""Answers that look at no feature; on the released test split they beat the paper's models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ave_keras.errors import AVEError

if TYPE_CHECKING:
    from ave_keras.matching.queries import Queries


def references(
    queries: Queries, train_starts: np.ndarray | None = None, train_lengths: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Trivial answers to `Queries`, in the form of `localize`.

    Args:
        queries: `Queries`.
        train_starts: `(M,)` first seconds of the events of the training split; without them the last reference is left
            out.
        train_lengths: `(M,)` their lengths.

    Returns:
        `{name: (N, T) shares}`: a random window, the first, the last, and the start that is most frequent in train
        among events of the query's length; equally frequent ones share the answer, and a length that train lacks gets
        a random window.

    Raises:
        AVEError: a query that no window fits.

    Reference:
        None in the paper. Released test split, exact match: 20.8, 35.3, 46.8 and 47.0 %.
    """
    windows = queries.segments - queries.lengths + 1
    if windows.min() < 1 or queries.lengths.min() < 1:
        worst = queries.lengths[(windows < 1) | (queries.lengths < 1)][0]
        raise AVEError("no window fits a query", expected=f"1 to {queries.segments} seconds", found=f"{worst} seconds")
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
