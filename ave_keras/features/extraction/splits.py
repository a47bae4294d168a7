"""Train, validation and test for a data set of one's own, the same every time and without a leak."""

import hashlib

import numpy as np

from ave_keras.data.layout import SPLITS

# The official shares: 3339, 402 and 402 of 4143.
HELD_OUT = 0.1


def make_splits(annotations):
    """Splits by video: a tenth each for validation and test, the rest for training.

    Nothing is random: within its class a video stands where the sha256 of its id puts it. Rows of one video stay
    together; the first video of every class is for training; the held-out ones spread evenly over the classes.

    Args:
        annotations: a list of `Annotation`.

    Returns:
        `{"train": …, "val": …, "test": …}` row numbers, int64, or all rows for each where there are fewer than three
        videos.
    """
    kinds = {}
    for a in annotations:
        kinds.setdefault(a.video_id, a.class_name)
    order = sorted(kinds, key=lambda v: (kinds[v], hashlib.sha256(v.encode()).hexdigest()))
    if len(order) < 3:
        return {split: np.arange(len(annotations)) for split in SPLITS}
    held = max(1, round(HELD_OUT * len(order)))
    rest = [v for before, v in zip([None, *order], order, strict=False) if before and kinds[before] == kinds[v]]
    pool = rest if len(rest) >= 2 * held else order
    chosen = [pool[i] for i in np.linspace(0, len(pool) - 1, 2 * held).round().astype(int)]
    of = {v: ("val", "test")[n % 2] for n, v in enumerate(chosen)}
    return rows_of([of.get(a.video_id, "train") for a in annotations])


def rows_of(splits):
    """`{split: row numbers}` from a split per row."""
    return {split: np.flatnonzero(np.array(splits) == split) for split in SPLITS}


def match_splits(annotations, splits, segments):
    """The splits of cross-modality localization: rows with an event, `{split: row numbers}`.

    On validation and test only events shorter than the video, which a wrong start can miss; splits without any are left
    out.
    """
    lengths = np.array([a.length for a in annotations])
    chosen = {s: r[(lengths[r] > 0) & ((lengths[r] < segments) | (s == "train"))] for s, r in splits.items()}
    return {s: rows for s, rows in chosen.items() if len(rows)}
