"""What films are made of: pictures and sounds of classes, backgrounds and ambience, apart for every split."""

from typing import Protocol

import numpy as np


class Materials(Protocol):
    """Pictures and sounds to compose films of; those of different splits are never the same.

    Attributes:
        classes: The names of the classes.
        sources: What they are made from, with licences where known, for the description of the data set.
    """

    classes: tuple[str, ...]
    sources: str

    def picture(self, label: str, split: str, rng: np.random.Generator, side: int) -> np.ndarray:
        """An object of a class, `(h, w, 4)` uint8, RGBA; the longer side has `side` pixels."""

    def sound(self, label: str, split: str, rng: np.random.Generator, seconds: int) -> np.ndarray:
        """The sound of an object, `(seconds · RATE,)` float32 with the root mean square 1; no second is silent."""

    def background(self, split: str, rng: np.random.Generator, size: int) -> np.ndarray:
        """A background, `(size, size, 3)` uint8."""

    def ambience(self, split: str, rng: np.random.Generator, seconds: int) -> np.ndarray:
        """Sound around the objects, `(seconds · RATE,)` float32 with the root mean square 1."""
