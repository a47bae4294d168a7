"""How films are composed: sizes, numbers and probabilities, with a check of each."""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ave_keras.data.synthetic.scenario import OUTSIDE
from ave_keras.errors import AVEError, first_line
from ave_keras.runtime.yaml_file import read_yaml

# Two thirds of the events of AVE fill the film, so that the sound alone tells nearly everything; here, a quarter does.
LENGTHS = {**dict.fromkeys(range(1, 10), 1.0), 10: 3.0}
# More of what only sight and sound together tell from an event.
AROUND = {"nothing": 1.0, "sound": 2.0, "sight": 2.0, "shifted": 1.0}


@dataclass(frozen=True)
class Recipe:
    """The settings of a set of films.

    Attributes:
        videos: The number of films.
        background_videos: The number of further films without an event, for the weak task; by default a twentieth.
        seconds: T, the length of a film.
        size: The height and width of a film in pixels, an even number.
        fps: Frames per second.
        seed: The seed of everything.
        splits: The shares of train, val and test.
        lengths: Weights of the events' lengths, as `{tenths of the film: weight}`; by default `LENGTHS`.
        outside: Weights of what happens around an event, see `data.synthetic.scenario.OUTSIDE`; by default `AROUND`.
        distractors: Weights of no, one, two, … silent objects of other classes.
        objects: The smallest and largest side of an object, as a share of the film's.
        drift: How far an object moves in a second at most, as a share of the film's side.
        ambience_level: The level of the sound around an object, as a share of the object's.
    """

    videos: int = 1000
    background_videos: int | None = None
    seconds: int = 10
    size: int = 224
    fps: int = 8
    seed: int = 0
    splits: tuple[float, ...] = (0.7, 0.1, 0.2)
    lengths: dict[int, float] = field(default_factory=LENGTHS.copy)
    outside: dict[str, float] = field(default_factory=AROUND.copy)
    distractors: tuple[float, ...] = (0.4, 0.6)
    objects: tuple[float, ...] = (0.43, 0.71)
    drift: float = 0.06
    ambience_level: float = 0.15

    def __post_init__(self):
        """Checks every value.

        Raises:
            AVEError: One is invalid; the message names the key and what it may be.
        """
        least = {"videos": 3, "seconds": 1, "size": 32, "fps": 1, "seed": 0, "background_videos": 0}
        for key, lowest in least.items():
            value = getattr(self, key)
            if key == "background_videos" and value is None:
                continue
            whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
            if not whole or value < lowest or (key == "size" and value % 2):
                expected = f"{'an even' if key == 'size' else 'a whole'} number, {lowest} or more"
                raise AVEError("invalid recipe", key=key, expected=expected, found=repr(value))
        for key in ("lengths", "outside"):
            if not isinstance(getattr(self, key), dict):
                raise AVEError("invalid recipe", key=key, expected="`name: weight` lines", found=getattr(self, key))
        self._check_numbers("splits", self.splits, "three shares above 0", 3, zero=False)
        self._check_numbers("lengths", self.lengths.values(), "{tenths of the film: weight}")
        self._check_numbers("lengths", self.lengths, "tenths of the film, above 0 and up to 10", most=10, zero=False)
        self._check_numbers("outside", self.outside.values(), f"weights of {OUTSIDE}")
        self._check_numbers("distractors", self.distractors, "weights of no, one, two, … objects")
        self._check_numbers("objects", self.objects, "two shares of the side, above 0 and up to 1", 2, 1, zero=False)
        self._check_numbers("drift", [self.drift], "0 to 1", most=1, some=False)
        self._check_numbers("ambience_level", [self.ambience_level], "0 or more", some=False)
        if self.objects[0] > self.objects[1]:
            raise AVEError("invalid recipe", key="objects", expected="the smallest first", found=self.objects)
        if unknown := set(self.outside) - set(OUTSIDE):
            raise AVEError("invalid recipe", key="outside", expected=f"some of {OUTSIDE}", found=sorted(unknown))

    def _check_numbers(self, key, values, expected, count=None, most=float("inf"), zero=True, some=True):
        values = list(values) if isinstance(values, Iterable) else [None]
        real = [v for v in values if isinstance(v, numbers.Real) and not isinstance(v, bool)]
        good = len(real) == len(values) and all(0 <= v <= most and v < float("inf") and (zero or v > 0) for v in real)
        if not good or (count and len(values) != count) or (some and not any(values)):
            raise AVEError("invalid recipe", key=key, expected=expected, found=getattr(self, key))

    @property
    def background(self) -> int:
        """The number of films without an event."""
        return max(1, self.videos // 20) if self.background_videos is None else self.background_videos

    def to_dict(self) -> dict[str, Any]:
        """All values as plain types, for a YAML file."""
        return {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any], file: str | Path | None = None) -> Recipe:
        """A recipe from `{key: value}`.

        Raises:
            AVEError: A key is unknown, or a value is invalid.
        """
        known = [f.name for f in fields(cls)]
        for key in values:
            if key not in known:
                raise AVEError("unknown key of a recipe", file=file, key=key, expected=f"one of {known}")
        values = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
        try:
            return cls(**values)
        except (TypeError, AttributeError) as error:
            raise AVEError("invalid recipe", file=file, found=first_line(error)) from error


def read_recipe(path: str | Path) -> dict[str, Any]:
    """The contents of a recipe file.

    Raises:
        AVEError: The file is missing, not a mapping, or has a key twice.
    """
    values = read_yaml(path, "recipe")
    if not isinstance(values, dict):
        raise AVEError("not a recipe", file=path, expected="`key: value` lines", found=type(values).__name__)
    return values
