"""What the outputs of a network learn from, derived from the labels of a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ave_keras.errors import AVEError


def event(segments: np.ndarray, videos: np.ndarray | None) -> np.ndarray:
    """`(B, T)`: 1 in the seconds with an event, else 0."""
    return segments[..., :-1].max(axis=2)


def category(segments: np.ndarray, videos: np.ndarray | None) -> np.ndarray:
    """`(B, C)` one-hot: the largest class of the seconds, where background counts as class 0, as in the released code.

    A video without an event thus has class 0.
    """
    classes = segments[..., :-1].argmax(axis=2).max(axis=1)
    return np.eye(segments.shape[2] - 1, dtype="float32")[classes]


def similarity(segments: np.ndarray, videos: np.ndarray | None) -> np.ndarray:
    """`(B, T)`: 1/n in the n seconds of the event; 1/T everywhere without an event (PSP)."""
    active = event(segments, videos)
    count = active.sum(axis=1, keepdims=True)
    return np.where(count > 0, active / np.maximum(count, 1), np.float32(1 / active.shape[1]))


def similarity_or_zero(segments: np.ndarray, videos: np.ndarray | None) -> np.ndarray:
    """`(B, T)`: 1/n in the n seconds of the event; 0 everywhere without an event (CPSP)."""
    active = event(segments, videos)
    return active / (active.sum(axis=1, keepdims=True) + np.float32(1e-6))


def proportions(segments: np.ndarray, videos: np.ndarray | None) -> np.ndarray:
    """`(B, C + 1)`: the share of the seconds with each class, background included; the `prob_label.h5` of PSP."""
    return segments.mean(axis=1, dtype="float32")


def unused(segments: np.ndarray, videos: np.ndarray | None) -> np.ndarray:
    """`(B, 1)` zeros, for an output that no loss learns from."""
    return np.zeros((len(segments), 1), "float32")


TARGETS: dict[str, Callable[[np.ndarray, Any], np.ndarray]] = {
    "segments": lambda segments, videos: segments,
    "video": lambda segments, videos: videos,
    "video_classes": lambda segments, videos: videos[:, :-1],
    "event": event,
    "category": category,
    "similarity": similarity,
    "similarity_or_zero": similarity_or_zero,
    "proportions": proportions,
    # Fresh targets, which `StaleSimilarity` then replaces.
    "similarity_stale": similarity,
    "unused": unused,
}
# The outputs of the models of the paper.
TASKS: dict[str, dict[str, str]] = {
    "supervised": {},
    "weak": {"video": "video", "segments": "segments"},
    "proposals": {"proposals": "segments", "segments": "segments"},
}
# A target before its first epoch; losses that may start later ignore it.
OFF = np.float32(-1)


class Targets:
    """The `y` of a batch.

    Args:
        task: One of `TASKS`, or `{output: target}`, or `{output: (target, first epoch)}` with targets of `TARGETS`.

    Raises:
        AVEError: An unknown task or target.
    """

    def __init__(self, task: str | Mapping[str, str | tuple[str, int]]):
        if isinstance(task, str) and task not in TASKS:
            raise AVEError("unknown task", key="task", expected=f"one of {(*TASKS,)}", found=repr(task))
        named = TASKS[task] if isinstance(task, str) else task
        self._named: dict[str, tuple[str, int]] = {}
        for output, spec in named.items():
            name, first = (spec, 0) if isinstance(spec, str) else spec
            if name not in TARGETS:
                raise AVEError("unknown target", key=output, expected=f"one of {(*TARGETS,)}", found=repr(name))
            self._named[output] = name, first

    def __call__(
        self, segments: np.ndarray, videos: np.ndarray | None, epoch: int = 0
    ) -> np.ndarray | dict[str, np.ndarray]:
        """The targets of a batch in an epoch, counted from 0.

        Args:
            segments: `(B, T, C + 1)` one-hot.
            videos: `(B, C + 1)` one-hot; None if no target needs them.
            epoch: The epoch.

        Returns:
            `segments`, or a dict by output. A target before its first epoch is -1 everywhere.
        """
        if not self._named:
            return segments
        y = {output: TARGETS[name](segments, videos) for output, (name, _) in self._named.items()}
        return {o: np.full_like(a, OFF) if epoch < self._named[o][1] else a for o, a in y.items()}

    @property
    def stale(self) -> str | None:
        """The output with the target "similarity_stale", if there is one."""
        return next((output for output, (name, _) in self._named.items() if name == "similarity_stale"), None)


class StaleSimilarity:
    """The similarity targets that the released PSP trains on: its loader never clears its buffer.

    The buffer has one row per place in a batch. An event writes 1/n into its seconds only, so that the other seconds
    keep what earlier videos in this place have left, also in earlier epochs. A video without an event writes 1/T
    everywhere.

    Args:
        segments: `(N, T, C + 1)`, the labels of all rows.
        batches_of: Returns the row numbers of all batches of an epoch, as a list of arrays.
    """

    def __init__(self, segments: np.ndarray, batches_of: Callable[[int], list[np.ndarray]]):
        self._segments, self._batches_of = segments, batches_of
        self._buffer: np.ndarray | None = None
        self._targets: list[np.ndarray] = []
        self._next = 0

    def epoch(self, epoch: int) -> list[np.ndarray]:
        """The targets `(B, T)` of all batches of an epoch, counted from 0; earlier epochs are replayed if necessary."""
        # Datasets set an epoch at its start, after the end of the one before has set it already.
        if epoch < self._next - 1:
            self._buffer, self._next = None, 0
        while self._next <= epoch:
            self._targets = []
            for rows in self._batches_of(self._next):
                fresh = similarity(self._segments[rows], None)
                if self._buffer is None:
                    self._buffer = np.zeros((len(rows), fresh.shape[1]), "float32")
                part = self._buffer[: len(rows)]
                np.copyto(part, fresh, where=fresh > 0)
                self._targets.append(part.copy())
            self._next += 1
        return self._targets
