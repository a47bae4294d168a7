"""What a model answers about one video."""

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

BACKGROUND = "Background"


@dataclass(frozen=True)
class Localization:
    """The answer of a model for the T seconds of a video; C event classes, background last.

    Attributes:
        video: the file.
        class_names: C + 1 names.
        probabilities: `(T, C + 1)`.
        attention: `(T, H, W)` weights over the picture, or None where the model does not attend.
        truth: T names, or None where it is not known; they need not be among `class_names`.
        model: the model's name.
        notes: sentences on what the answer rests on.
        seen: seconds into a segment around which the pictures lie that its answer rests on.
    """

    video: Path
    class_names: tuple
    probabilities: np.ndarray
    attention: np.ndarray | None = None
    truth: tuple | None = None
    model: str = ""
    notes: tuple = ()
    seen: float = 0.5

    @property
    def times(self) -> np.ndarray:
        """`(T,)` the second at which each segment begins."""
        return np.arange(len(self.probabilities), dtype="float64")

    @property
    def picture_times(self) -> np.ndarray:
        """`(T,)` the second of the picture that stands for each segment, under its attention."""
        return self.times + self.seen

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """T names, the most probable of each second."""
        return tuple(self.class_names[c] for c in self.probabilities.argmax(-1))

    @property
    def events(self) -> list[tuple[str, int, int, float]]:
        """`[(name, start, end, confidence)]` of runs of seconds of one class, background left out."""
        found, start = [], 0
        for name, run in groupby(self.classes):
            end = start + len(list(run))
            if name != BACKGROUND:
                found.append((name, start, end, float(self.probabilities[start:end].max(-1).mean())))
            start = end
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON-able values."""
        return {
            "video": self.video.name,
            "model": self.model,
            "class_names": list(self.class_names),
            "events": [dict(zip(("event", "start", "end", "confidence"), event, strict=True)) for event in self.events],
            "classes": list(self.classes),
            "truth": None if self.truth is None else list(self.truth),
            "probabilities": self.probabilities.round(4).tolist(),
            "attention": None if self.attention is None else self.attention.round(5).tolist(),
            "notes": list(self.notes),
        }
