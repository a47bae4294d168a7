"""What is asked on a split: each video's run of event seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ave_keras.errors import AVEError

if TYPE_CHECKING:
    from ave_keras.data.ave import AVE


@dataclass(frozen=True)
class Queries:
    """N queries, each the event of one video; in A2V its sound is given, in V2A its picture.

    Attributes:
        rows: `(N,)` row numbers of the videos.
        starts: `(N,)` first second of the event, which is the right answer too.
        lengths: `(N,)` seconds of it.
        segments: T, seconds of every video.
    """

    rows: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    segments: int


def event_runs(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Starts and lengths `(N,)` of the runs of event seconds in labels `(N, T, C + 1)`; both 0 where there is none.

    Raises:
        AVEError: event seconds that are not one run.
    """
    event = np.asarray(labels)[..., -1] == 0
    starts, lengths = event.argmax(axis=1), event.sum(axis=1)
    seconds = np.arange(event.shape[1])
    run = (seconds >= starts[:, None]) & (seconds < (starts + lengths)[:, None])
    broken = np.flatnonzero((run != event).any(axis=1))
    if broken.size:
        found = f"seconds {np.flatnonzero(event[broken[0]]).tolist()} in video {broken[0]}, {broken.size} such videos"
        raise AVEError("a query is one run of seconds", expected="event seconds in one piece", found=found)
    return starts, lengths


def queries(ave: AVE, split: str) -> Queries:
    """The queries of a split of an `AVE`.

    Videos without an event have nothing to ask for, and those whose event fills the clip have one window only; both are
    left out, as the paper evaluates events shorter than the clip. The released `val_match` has 204 of them,
    `test_match` none.

    Args:
        ave: an `AVE`.
        split: name of a split, "test_match".

    Raises:
        AVEError: no such split, or no video of it has a query.
    """
    rows = ave.split(split)
    starts, lengths = event_runs(ave.labels[rows])
    kept = (lengths > 0) & (lengths < ave.segments)
    if not kept.any():
        raise AVEError(
            f"nothing to ask for in {ave.title}",
            file=ave.folder,
            key=split,
            expected=f"videos with an event of 1 to {ave.segments - 1} seconds",
            found=f"{(lengths == 0).sum()} videos without an event, {(lengths == ave.segments).sum()} filled by one",
        )
    return Queries(rows[kept], starts[kept], lengths[kept], ave.segments)
