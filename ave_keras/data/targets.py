"""What the outputs of a network learn from, and with which weights, derived from the labels of a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
BALANCED = "balanced"
# Far below the largest float32, so that sums of weighted losses stay finite.
LARGEST = 1e6
# The targets that say which class a video has; all others but "segments" have no class.
OF_VIDEOS = ("video", "video_classes", "category", "proportions")


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
    def targets(self) -> dict[str, str]:
        """`{output: target}`; empty for a network with the output `(B, T, C + 1)` alone."""
        return {output: name for output, (name, _) in self._named.items()}

    @property
    def stale(self) -> str | None:
        """The output with the target "similarity_stale", if there is one."""
        return next((output for output, (name, _) in self._named.items() if name == "similarity_stale"), None)


class ClassWeights:
    """The `sample_weight` of a batch, by the classes of its seconds and videos.

    The output of a network with one output, and the output `segments` of others, have a weight per second. Outputs
    with a target of `OF_VIDEOS` have a weight per video, the mean weight of the video's classes. All others have the
    weight 1: their targets say no class, such as `event`, or their losses compare videos or windows, such as those of
    CPSP's `fusion` and SSN's `proposals`. Metrics are not weighted, since Keras weights its `weighted_metrics` only.

    "balanced" gives a class the weight `n / (K count)`, like `sklearn.utils.class_weight.compute_class_weight`, of
    the n seconds of the training split and the K classes in it, background included. Weights per video count videos,
    because weakly supervised networks see no labels of seconds. The mean weight of the training split is 1, so that
    the loss keeps its scale. A class that is not in the training split has the weight 1.

    Args:
        class_weight: "balanced", or `{class: weight}`; other classes have the weight 1.
        class_names: C + 1 names, background last.
        segments: `(n, T, C + 1)`, the labels of the training split.
        videos: `(n, C + 1)`, the labels of its videos.
        targets: The `Targets` of the batches.

    Attributes:
        of_seconds: `(C + 1,)` float32, the weight of a second of each class.
        of_videos: `(C + 1,)` float32, the weight of a video of each class.

    Raises:
        AVEError: An unknown class, or a weight that is not a number from 0 to `LARGEST`, or all are 0.
    """

    def __init__(
        self,
        class_weight: str | Mapping[str, float],
        class_names: Sequence[str],
        segments: np.ndarray,
        videos: np.ndarray,
        targets: Targets,
    ):
        if isinstance(class_weight, str):
            check_class_weight(class_weight)
            self.of_seconds, self.of_videos = _balanced(segments.sum(axis=(0, 1))), _balanced(videos.sum(axis=0))
        else:
            check_class_weight(class_weight, class_names)
            self.of_seconds = self.of_videos = np.array([class_weight.get(name, 1) for name in class_names], "float32")
        self._targets = targets.targets

    def __call__(self, segments: np.ndarray, videos: np.ndarray) -> np.ndarray | dict[str, np.ndarray]:
        """The weights of a batch.

        Args:
            segments: `(B, T, C + 1)` one-hot.
            videos: `(B, C + 1)`, one-hot or multi-hot.

        Returns:
            `(B, T)` float32, or a dict by output of `(B, T)` for `segments` and `(B, 1)` for others.
        """
        of_seconds = self.of_seconds[segments.argmax(axis=-1)]
        if not self._targets:
            return of_seconds
        count = np.maximum(videos.sum(axis=-1, keepdims=True), 1)
        # With a second axis, because Keras would align `(B,)` with the seconds of a loss `(B, T)`.
        of_videos = (videos @ self.of_videos)[:, None] / count
        ones = np.ones_like(of_videos)
        weights = {o: of_videos if target in OF_VIDEOS else ones for o, target in self._targets.items()}
        return {o: of_seconds if o == self._targets[o] == "segments" else weight for o, weight in weights.items()}


def check_class_weight(class_weight: Any, class_names: Sequence[str] | None = None) -> None:
    """Checks a `class_weight` as `ClassWeights` takes it, or None.

    Raises:
        AVEError: It is neither "balanced" nor weights by class, or a class is not in `class_names`, if given.
    """
    if class_weight is None or (isinstance(class_weight, str) and class_weight == BALANCED):
        return
    if not isinstance(class_weight, Mapping) or not class_weight:
        expected = "balanced, or a weight per class such as {Bark: 2.0}"
        raise AVEError("invalid class weights", key="class_weight", expected=expected, found=repr(class_weight))
    for name, weight in class_weight.items():
        if class_names is not None and name not in class_names:
            raise AVEError("unknown class", key="class_weight", expected=f"one of {[*class_names]}", found=repr(name))
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not 0 <= weight <= LARGEST:
            expected = f"a number from 0 to {LARGEST:.0e}"
            raise AVEError("invalid class weights", key=f"class_weight.{name}", expected=expected, found=repr(weight))
    if class_names is not None and not any(class_weight.get(name, 1) for name in class_names):
        raise AVEError("every class has the weight 0", key="class_weight", expected="a weight above 0 for one at least")


def _balanced(counts):
    present = counts > 0
    return np.float32(np.where(present, counts.sum() / (present.sum() * np.maximum(counts, 1)), 1))


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
