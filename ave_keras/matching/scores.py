"""Scores of predicted windows: the paper's exact match, and more tolerant ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ave_keras.matching.queries import Queries


def scores(answers: np.ndarray, queries: Queries) -> dict[str, float]:
    """Scores of predictions for `Queries`, each an expectation over the shares of a prediction.

    Args:
        answers: `(N, T)` shares, as returned by `localize` and `references`.
        queries: The queries.

    Returns:
        `{name: score}` in [0, 1]:

        - `exact`: the window is exactly the event; the paper's accuracy.
        - `iou`: mean intersection over union of window and event.
        - `within_1`: the window starts at most one second off.
        - `inner`: exact match on events that touch neither border of the clip, where constant predictions fail.
        - `start_0`, `start_1`, …: exact match on events that start there.

        Scores without any query are omitted.
    """
    shift = np.abs(np.arange(queries.segments) - queries.starts[:, None])
    lengths = queries.lengths[:, None]
    common = np.maximum(lengths - shift, 0)
    exact = right(answers, queries)
    found = {
        "exact": exact.mean(),
        "iou": (answers * common / (2 * lengths - common)).sum(axis=1).mean(),
        "within_1": (answers * (shift <= 1)).sum(axis=1).mean(),
    }
    inner = (queries.starts > 0) & (queries.starts + queries.lengths < queries.segments)
    groups = {"inner": inner, **{f"start_{s}": queries.starts == s for s in np.unique(queries.starts)}}
    found |= {name: exact[members].mean() for name, members in groups.items() if members.any()}
    return {name: float(value) for name, value in found.items()}


def right(answers: np.ndarray, queries: Queries) -> np.ndarray:
    """The share `(N,)` of each prediction at the true start."""
    return answers[np.arange(len(queries.starts)), queries.starts]
