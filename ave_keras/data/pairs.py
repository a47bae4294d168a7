"""Pairs of one second's sound and one second's picture: which are true and how much each weighs."""

import numpy as np

PAIRS = ("synchronised", "official")
NEGATIVES = ("within", "across", "both")


def official_pairs(event: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The released code's pairs: sound and picture of the same second, true if it holds an event.

    Args:
        event: `(B, T)` booleans.

    Returns:
        `(y, weight)`, both `(B, T, T)` float32, of picture i and sound j; only the diagonals count.
    """
    diagonal = np.eye(event.shape[1], dtype="float32")
    return event[:, None] * diagonal, np.repeat(diagonal[None], len(event), axis=0)


def synchronised_pairs(event: np.ndarray, negatives: str = "both") -> tuple[np.ndarray, np.ndarray]:
    """The pairs of the paper's text: true ones against mismatched ones.

    True are sound and picture of the same second of an event. A mismatched pair has an event on one side at least:
    *within* a video, two different seconds; *across* videos, any two. Of each kind all pairs of the batch enter, by
    their mean, and mismatched ones weigh together as much as true ones: the expectation of a draw, without its noise.

    Args:
        event: `(B, T)` booleans.
        negatives: `"within"`, `"across"` or `"both"`.

    Returns:
        `(y, weight)`, both float32 `(B, T, T)`, of picture i and sound j; with pairs across videos `(2 B, T, T)`, whose
        second half is of the pictures of one video and the sounds of the next.
    """
    same = np.eye(event.shape[1], dtype=bool)
    true = event[:, None] & same
    within = (event[:, :, None] | event[:, None]) & ~same
    weight = _mean(true) + (0 if negatives == "across" else _mean(within) / (1 + (negatives == "both")))
    y = true.astype("float32")
    if negatives == "within":
        return y, weight.astype("float32")
    # One video alone has no other.
    across = (event[:, :, None] | partners(event)[:, None]) & (len(event) > 1)
    weight = np.concatenate([weight, _mean(across) / (1 + (negatives == "both"))])
    return np.concatenate([y, np.zeros_like(y)]), weight.astype("float32")


def partners(batch: np.ndarray) -> np.ndarray:
    """Every video's partner in pairs across videos: the next one of the batch."""
    return np.roll(batch, -1, axis=0)


def _mean(chosen):
    return chosen / max(chosen.sum(), 1)
