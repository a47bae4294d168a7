"""The made classes as `Materials`."""

import numpy as np

from ave_keras.data.layout import SPLITS
from ave_keras.films.made import pictures, sounds

# Different objects of a class in each split; none occurs in two splits.
OBJECTS = {"train": 60, "val": 20, "test": 40}


class Made:
    """Eight classes of drawn objects with synthesised sounds, `Materials` that need nothing to be downloaded.

    Bell and glass, siren and whistle sound alike; bell and siren, drum and clock look alike.
    """

    classes = tuple(pictures.SHAPES)
    sources = "drawn pictures and synthesised sounds of ave_keras.films.made"

    def picture(self, label: str, split: str, rng: np.random.Generator, side: int) -> np.ndarray:
        """A drawn object, `(side, side, 4)` uint8, RGBA."""
        return pictures.picture(label, self._object("picture", label, split, rng), side)

    def sound(self, label: str, split: str, rng: np.random.Generator, seconds: int) -> np.ndarray:
        """A synthesised sound, `(seconds · RATE,)` float32."""
        return sounds.sound(label, self._object("sound", label, split, rng), seconds)

    def background(self, split: str, rng: np.random.Generator, size: int) -> np.ndarray:
        """A drawn background, `(size, size, 3)` uint8."""
        return pictures.background(self._object("background", "", split, rng), size)

    def ambience(self, split: str, rng: np.random.Generator, seconds: int) -> np.ndarray:
        """Noise, `(seconds · RATE,)` float32."""
        return sounds.ambience(self._object("ambience", "", split, rng), seconds)

    def _object(self, kind, label, split, rng):
        """A random state of its own for each object, whichever film it is in."""
        number = int(rng.integers(OBJECTS[split]))
        return np.random.default_rng([*f"{kind} {label}".encode(), SPLITS.index(split), number])
