"""Scenarios of synthetic videos: when the source is heard, where it and other objects are seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

# Number of videos in AVE by the length of the event in seconds. (Its one empty event is an annotation error.)
AVE_LENGTHS = {2: 214, 3: 220, 4: 217, 5: 196, 6: 200, 7: 139, 8: 111, 9: 95, 10: 2750}

# What happens outside the event, with equal probability: nothing; the sound only; the sight only; or one of them starts
# a segment before the event and the other ends a segment after it. All but the first make background that looks like
# the event to one modality.
OUTSIDE = ("nothing", "sound", "sight", "shifted")

# Probabilities of no, one or two silent objects of other classes. There are more of them than sources, so that sight
# alone has to guess.
DISTRACTORS = (0.2, 0.5, 0.3)


@dataclass(frozen=True)
class Scenario:
    """The ground truth of one video with T segments and H×W cells.

    Attributes:
        start: First segment of the event.
        end: The segment after its last one.
        sounds: `(T,)` bool, whether the source is heard.
        source: `(T, H, W)` bool, the cells where the source is seen.
        distractors: `((class, (T, H, W) bool), …)`, the silent objects and their cells.
    """

    start: int
    end: int
    sounds: np.ndarray
    source: np.ndarray
    distractors: tuple

    @property
    def mask(self) -> np.ndarray:
        """The cells of the source during the event, `(T, H, W)` uint8."""
        time = np.arange(len(self.sounds))
        inside = (self.start <= time) & (time < self.end)
        return (self.source & inside[:, None, None]).astype("uint8")


def draw(rng: np.random.Generator, label: int, classes: int, segments: int, grid: Sequence[int]) -> Scenario:
    """Draws the scenario of a video of class `label`."""
    start, end = draw_event(rng, segments)
    sounds, seen = intervals(rng, start, end, segments)
    source = _track(rng, segments, grid) & seen[:, None, None]
    others = np.delete(np.arange(classes), label)
    count = min(rng.choice(len(DISTRACTORS), p=DISTRACTORS), len(others))
    chosen = rng.choice(others, count, replace=False)
    # The source hides the objects behind it.
    distractors = tuple((int(c), _track(rng, segments, grid) & ~source) for c in chosen)
    return Scenario(start, end, sounds, source, distractors)


def draw_background(rng: np.random.Generator, classes: int, segments: int, grid: Sequence[int]) -> Scenario:
    """Draws the scenario of a background clip: silent objects and no source."""
    objects = rng.choice(classes, min(rng.choice(len(DISTRACTORS), p=DISTRACTORS), classes), replace=False)
    nowhere = np.zeros((segments, *grid), bool)
    distractors = tuple((int(c), _track(rng, segments, grid)) for c in objects)
    return Scenario(0, 0, np.zeros(segments, bool), nowhere, distractors)


def draw_event(rng: np.random.Generator, segments: int, lengths: Mapping[int, float] = AVE_LENGTHS) -> tuple[int, int]:
    """Draws the first segment of an event and the one after its last.

    Args:
        rng: The generator.
        segments: T.
        lengths: `{tenths of the video: weight}`.
    """
    weights = np.array(list(lengths.values()), float)
    tenths = rng.choice(list(lengths), p=weights / weights.sum())
    length = max(1, round(tenths * segments / 10))
    start = int(rng.integers(0, segments - length + 1))
    return start, start + length


def intervals(
    rng: np.random.Generator, start: int, end: int, segments: int, outside: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """When the source is heard and when it is seen, `(T,)` bool each; both are true exactly from `start` to `end`.

    Args:
        rng: The generator.
        start: The first segment of the event.
        end: The segment after its last.
        segments: T.
        outside: One of `OUTSIDE`; drawn by default.
    """
    time, outside = np.arange(segments), outside or rng.choice(OUTSIDE)
    event = (start <= time) & (time < end)
    everywhere = np.ones(segments, bool)
    if outside == "sound":
        return everywhere, event
    if outside == "sight":
        return event, everywhere
    if outside == "shifted":
        early, late = event | (time == start - 1), event | (time == end)
        return (early, late) if rng.random() < 0.5 else (late, early)
    return event, event


def _track(rng, segments, grid):
    """Cells `(T, H, W)` bool of a patch, two or three of seven cells wide, that moves at most one cell per segment."""
    size = [max(1, round(n * int(rng.integers(2, 4)) / 7)) for n in grid]
    room = np.array(grid) - size
    steps = np.concatenate([rng.integers(0, room + 1)[None], rng.integers(-1, 2, (segments - 1, 2))])
    cells = np.zeros((segments, *grid), bool)
    place = np.zeros(2, int)
    for t, step in enumerate(steps):
        place = np.clip(place + step, 0, room)
        cells[t, place[0] : place[0] + size[0], place[1] : place[1] + size[1]] = True
    return cells
