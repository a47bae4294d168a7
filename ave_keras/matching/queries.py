"""The queries of a split: the run of event seconds in each video."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ave_keras.errors import AVEError

if TYPE_CHECKING:
    from ave_keras.data.ave import AVE


@dataclass(frozen=True)
class Queries:
    """N queries, each the event of one video. In A2V the query is its sound, in V2A its picture.

    Attributes:
        rows: `(N,)` row numbers of the videos.
        starts: `(N,)` first second of the event, which is also the correct result.
        lengths: `(N,)` length of the event in seconds.
        segments: T, length of every video in seconds.
    """

    rows: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    segments: int


def event_runs(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Starts and lengths `(N,)` of the runs of event seconds in labels `(N, T, C + 1)`; both are 0 without an event.

    Raises:
        AVEError: The event seconds of a video are not contiguous.
    """
    event = np.asarray(labels)[..., -1] == 0
    starts, lengths = event.argmax(axis=1), event.sum(axis=1)
    seconds = np.arange(event.shape[1])
    run = (seconds >= starts[:, None]) & (seconds < (starts + lengths)[:, None])
    broken = np.flatnonzero((run != event).any(axis=1))
    if broken.size:
        found = f"seconds {np.flatnonzero(event[broken[0]]).tolist()} in video {broken[0]}, {broken.size} such videos"
        raise AVEError("event seconds are not contiguous", expected="one run of seconds per video", found=found)
    return starts, lengths


def queries(ave: AVE, split: str) -> Queries:
    """The queries of a split of an `AVE`.

    Videos without an event, and those with an event that fills the clip, are skipped: the paper evaluates events
    shorter than the clip. The released `val_match` contains 204 such videos, `test_match` none.

    Args:
        ave: The data set.
        split: Name of a split, such as "test_match".

    Raises:
        AVEError: An unknown split, or a split without a query.
    """
    rows = ave.split(split)
    starts, lengths = event_runs(ave.labels[rows])
    kept = (lengths > 0) & (lengths < ave.segments)
    if not kept.any():
        raise AVEError(
            f"no queries in {ave.title}",
            file=ave.folder,
            key=split,
            expected=f"videos with an event of 1 to {ave.segments - 1} seconds",
            found=f"{(lengths == 0).sum()} videos without an event, {(lengths == ave.segments).sum()} filled by one",
        )
    return Queries(rows[kept], starts[kept], lengths[kept], ave.segments)
