"""Statistics of a data set: the figures of the paper's Fig. 2, duplicates, leaks and trivial references."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ave_keras.data.ave import AVE


@dataclass(frozen=True)
class Statistics:
    """Counts over a data set.

    Attributes:
        title: Name of the data set.
        videos: Number of rows.
        ids: Number of distinct video ids.
        segments: T.
        per_class: `{class: videos}` in the order of the columns.
        lengths: `{segments of the event: videos}`, longest first.
        full_length: Share of the videos with an event that fills the clip.
        splits: `{split: rows}`; those for cross-modality localization end with "_match".
        background: `{split: share of background segments}`.
        leaks: `{split: number of rows with a video that is in the train split, too}`.
        empty_events: Row numbers of events without a segment.
        background_clips: Number of clips without an event, for the weak task.
        references: `{split: {name: segment accuracy}}` of trivial references.
    """

    title: str
    videos: int
    ids: int
    segments: int
    per_class: dict
    lengths: dict
    full_length: float
    splits: dict
    background: dict
    leaks: dict
    empty_events: list
    background_clips: int
    references: dict


def statistics(ave: AVE) -> Statistics:
    """The `Statistics` of an `AVE`."""
    classes = Counter(a.class_name for a in ave.annotations)
    lengths = Counter(a.length for a in ave.annotations)
    truth = ave.labels.argmax(-1)
    splits = {**ave.splits, **{f"{s}_match": rows for s, rows in ave.match_splits.items()}}
    return Statistics(
        title=ave.title,
        videos=len(ave.annotations),
        ids=len({a.video_id for a in ave.annotations}),
        segments=ave.segments,
        per_class={name: classes[name] for name in ave.class_names},
        lengths={length: lengths[length] for length in sorted(lengths, reverse=True)},
        full_length=lengths[ave.segments] / len(ave.annotations),
        splits={s: len(rows) for s, rows in splits.items()},
        background={s: float((truth[rows] == len(ave.class_names)).mean()) for s, rows in splits.items()},
        leaks={s: len(rows) for s, rows in ave.leaks.items()},
        empty_events=ave.empty_events.tolist(),
        background_clips=len(ave.background_rows),
        references={s: references(truth[rows], len(ave.class_names)) for s, rows in ave.splits.items()},
    )


def references(truth: np.ndarray, background: int) -> dict[str, float]:
    """Segment accuracy of two trivial references.

    Args:
        truth: `(N, T)` class numbers; a video has one class beside background.
        background: The class number of background.

    Returns:
        `{"always background": share, "true video class": share}`; the second predicts the true class of the video for
        every segment.
    """
    classes = np.where(truth == background, -1, truth).max(axis=1)
    return {
        "always background": float((truth == background).mean()),
        "true video class": float((truth == classes[:, None]).mean()),
    }
