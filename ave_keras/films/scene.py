"""A scene: a background, sources on their paths, and when each is seen and heard; its pictures, sound and outline."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ave_keras.films.made.sounds import RATE

# Seconds in which a sound starts or ends, so that it does not click.
FADE = 0.01


@dataclass(frozen=True)
class Source:
    """An object of a film.

    Attributes:
        label: The class.
        picture: `(h, w, 4)` uint8, RGBA.
        path: `(frames, 2)`, the row and column of its upper left corner in each frame.
        seen: `(T,)` bool, the seconds in which it is in the picture.
        heard: `(T,)` bool, the seconds in which it sounds.
        sound: `(T · RATE,)` float32; None for objects that are never heard.
    """

    label: str
    picture: np.ndarray
    path: np.ndarray
    seen: np.ndarray
    heard: np.ndarray
    sound: np.ndarray | None = None


@dataclass(frozen=True)
class Scene:
    """A film before it is drawn.

    Attributes:
        background: `(size, size, 3)` uint8.
        ambience: `(T · RATE,)` float32.
        sources: Objects from back to front; the last one is that of the event.
        start: The first second of the event.
        end: The second after its last one; films without an event have `start == end`.
        fps: Frames per second.
    """

    background: np.ndarray
    ambience: np.ndarray
    sources: tuple[Source, ...]
    start: int
    end: int
    fps: int

    @property
    def seconds(self) -> int:
        """T."""
        return len(self.ambience) // RATE

    def frames(self) -> Iterator[np.ndarray]:
        """The `T · fps` frames, `(size, size, 3)` uint8."""
        shapes = [(s.picture[..., :3].astype("float32"), s.picture[..., 3:] / np.float32(255)) for s in self.sources]
        for number in range(self.seconds * self.fps):
            frame = self.background.copy()
            for source, (color, alpha) in zip(self.sources, shapes, strict=True):
                if source.seen[number // self.fps]:
                    place = _place(source, number)
                    frame[place] = np.uint8(frame[place] + alpha * (color - frame[place]) + 0.5)
            yield frame

    def sound(self) -> np.ndarray:
        """The sound, `(T · RATE,)` float32 in [-1, 1]."""
        mixed = self.ambience.copy()
        for source in self.sources:
            if source.sound is not None:
                mixed += source.sound * _gate(source.heard)
        return mixed / max(1.0, float(np.abs(mixed).max()) / 0.99)

    def outline(self) -> np.ndarray:
        """`(T, size, size)` bool, the pixels of the event's object in at least half of the frames of each second.

        All false in seconds without the event.
        """
        seconds = np.zeros((self.seconds, *self.background.shape[:2]), bool)
        if self.start == self.end:
            return seconds
        source = self.sources[-1]
        inside = source.picture[..., 3] > 127
        for second in range(self.start, self.end):
            counts = np.zeros(seconds.shape[1:], int)
            for number in range(second * self.fps, (second + 1) * self.fps):
                counts[_place(source, number)] += inside
            seconds[second] = 2 * counts >= self.fps
        return seconds


def _place(source, number):
    row, column = source.path[number]
    height, width = source.picture.shape[:2]
    return np.s_[row : row + height, column : column + width]


def _gate(heard):
    """`(T · RATE,)` float32, 1 while the sound is on, with short ramps inside those seconds."""
    gate = np.repeat(heard.astype("float32"), RATE)
    ramp = round(FADE * RATE)
    changes = np.flatnonzero(np.diff(heard.astype(int))) + 1
    for second in changes:
        edge = second * RATE
        if heard[second]:
            gate[edge : edge + ramp] = np.linspace(0, 1, ramp)
        else:
            gate[edge - ramp : edge] = np.linspace(1, 0, ramp)
    return gate
