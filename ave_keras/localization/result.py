"""The result of localizing events in one video."""

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

BACKGROUND = "Background"


@dataclass(frozen=True)
class Localization:
    """The predictions of a model for the T seconds of a video, with C event classes and background last.

    Attributes:
        video: Path of the video.
        class_names: C + 1 names.
        probabilities: `(T, C + 1)`.
        attention: `(T, H, W)` weights over the picture, or None for a model without attention.
        truth: T true names, which need not be among `class_names`, or None if unknown.
        model: Name of the model.
        notes: Remarks on features and classes.
        seen: Mean time, in seconds within a segment, of the pictures that the model sees.
        temperature: The temperature of the probabilities, or None for those of the model itself.
        unknown_scores: `(T,)`, how little each second resembles the classes of the model, or None.
        unknown_threshold: The score above which an event is marked as unknown, or None.
    """

    video: Path
    class_names: tuple
    probabilities: np.ndarray
    attention: np.ndarray | None = None
    truth: tuple | None = None
    model: str = ""
    notes: tuple = ()
    seen: float = 0.5
    temperature: float | None = None
    unknown_scores: np.ndarray | None = None
    unknown_threshold: float | None = None

    @property
    def times(self) -> np.ndarray:
        """`(T,)` start of each segment in seconds."""
        return np.arange(len(self.probabilities), dtype="float64")

    @property
    def picture_times(self) -> np.ndarray:
        """`(T,)` time in seconds of the picture to show for each segment."""
        return self.times + self.seen

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """T names, the most probable class of each second."""
        return tuple(self.class_names[c] for c in self.probabilities.argmax(-1))

    @cached_property
    def unknown(self) -> np.ndarray:
        """`(T,)` whether a second has an event that is marked as unknown: none without scores."""
        if self.unknown_scores is None or self.unknown_threshold is None:
            return np.zeros(len(self.probabilities), bool)
        event = self.probabilities.argmax(-1) < len(self.class_names) - 1
        return event & (self.unknown_scores > self.unknown_threshold)

    @property
    def events(self) -> list[tuple[str, int, int, float]]:
        """`[(name, start, end, confidence)]` of runs of seconds with the same class, without background."""
        found, start = [], 0
        for name, run in groupby(self.classes):
            end = start + len(list(run))
            if name != BACKGROUND:
                found.append((name, start, end, float(self.probabilities[start:end].max(-1).mean())))
            start = end
        return found

    def to_dict(self) -> dict[str, Any]:
        """All values as JSON-able types."""
        return {
            "video": self.video.name,
            "model": self.model,
            "class_names": list(self.class_names),
            "events": [dict(zip(("event", "start", "end", "confidence"), event, strict=True)) for event in self.events],
            "classes": list(self.classes),
            "truth": None if self.truth is None else list(self.truth),
            "probabilities": self.probabilities.round(4).tolist(),
            "attention": None if self.attention is None else self.attention.round(5).tolist(),
            "temperature": self.temperature,
            "unknown": None if self.unknown_scores is None else self.unknown.tolist(),
            "unknown_scores": None if self.unknown_scores is None else self.unknown_scores.round(4).tolist(),
            "unknown_threshold": self.unknown_threshold,
            "notes": list(self.notes),
        }
