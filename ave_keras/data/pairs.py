"""Pairs of the sound and picture of two seconds: their labels and weights."""

import numpy as np

PAIRS = ("synchronised", "official")
NEGATIVES = ("within", "across", "both")


def official_pairs(event: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of the released code: sound and picture of the same second, a true pair if it contains an event.

    Args:
        event: `(B, T)` booleans.

    Returns:
        `(y, weight)`, both `(B, T, T)` float32, for picture i and sound j; weights are 0 off the diagonal.
    """
    diagonal = np.eye(event.shape[1], dtype="float32")
    return event[:, None] * diagonal, np.repeat(diagonal[None], len(event), axis=0)


def synchronised_pairs(event: np.ndarray, negatives: str = "both") -> tuple[np.ndarray, np.ndarray]:
    """The pairs of the paper's text: true pairs and mismatched ones.

    True pairs are sound and picture of the same second of an event. In a mismatched pair, at least one side contains an
    event: *within* a video, the two seconds differ; *across* videos, they are any two. All pairs of a batch are used;
    true and mismatched pairs have the same total weight, which is the expectation of drawing them at random.

    Args:
        event: `(B, T)` booleans.
        negatives: `"within"`, `"across"` or `"both"`.

    Returns:
        `(y, weight)`, both float32 `(B, T, T)`, for picture i and sound j. With pairs across videos `(2 B, T, T)`: the
        second half pairs the pictures of one video with the sounds of the next.
    """
    same = np.eye(event.shape[1], dtype=bool)
    true = event[:, None] & same
    within = (event[:, :, None] | event[:, None]) & ~same
    weight = _mean(true) + (0 if negatives == "across" else _mean(within) / (1 + (negatives == "both")))
    y = true.astype("float32")
    if negatives == "within":
        return y, weight.astype("float32")
    # There are no pairs across videos in a batch of one.
    across = (event[:, :, None] | partners(event)[:, None]) & (len(event) > 1)
    weight = np.concatenate([weight, _mean(across) / (1 + (negatives == "both"))])
    return np.concatenate([y, np.zeros_like(y)]), weight.astype("float32")


def partners(batch: np.ndarray) -> np.ndarray:
    """The partner of each video for pairs across videos: the next video in the batch."""
    return np.roll(batch, -1, axis=0)


def _mean(chosen):
    return chosen / max(chosen.sum(), 1)
