"""What happens in a synthetic video: when it sounds, what is seen where, and so when and where the event is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Videos of the released AVE by the seconds of their event, 2 to 10 (the one empty event is a slip of the annotation).
AVE_LENGTHS = {2: 214, 3: 220, 4: 217, 5: 196, 6: 200, 7: 139, 8: 111, 9: 95, 10: 2750}

# What the rest of the clip holds, each as likely as the others: nothing, the sound alone, the sight alone, or one of
# them starts a segment before the event and the other ends a segment after it. Each makes background that one modality
# takes for the event.
OUTSIDE = ("nothing", "sound", "sight", "shifted")

# Silent objects of other classes in a video: none, one or two. More of them than sources, so that sight alone has to
# guess.
DISTRACTORS = (0.2, 0.5, 0.3)


@dataclass(frozen=True)
class Scenario:
    """The truth about one video; T segments, H×W cells.

    Attributes:
        start: first segment of the event.
        end: the segment after its last one.
        sounds: `(T,)` bool, when the source is heard.
        source: `(T, H, W)` bool, where the source is seen.
        distractors: `((class, (T, H, W) bool), …)`, the silent objects and where they are seen.
    """

    start: int
    end: int
    sounds: np.ndarray
    source: np.ndarray
    distractors: tuple

    @property
    def mask(self) -> np.ndarray:
        """`(T, H, W)` uint8: the cells of the source while the event lasts."""
        time = np.arange(len(self.sounds))
        inside = (self.start <= time) & (time < self.end)
        return (self.source & inside[:, None, None]).astype("uint8")


def draw(rng: np.random.Generator, label: int, classes: int, segments: int, grid: Sequence[int]) -> Scenario:
    """Draws the scenario of a video of class `label`; the event is where its source is both heard and seen."""
    start, end = _event(rng, segments)
    sounds, seen = _intervals(rng, start, end, segments)
    source = _track(rng, segments, grid) & seen[:, None, None]
    others = np.delete(np.arange(classes), label)
    count = min(rng.choice(len(DISTRACTORS), p=DISTRACTORS), len(others))
    chosen = rng.choice(others, count, replace=False)
    # The source hides what is behind it.
    distractors = tuple((int(c), _track(rng, segments, grid) & ~source) for c in chosen)
    return Scenario(start, end, sounds, source, distractors)


def draw_background(rng: np.random.Generator, classes: int, segments: int, grid: Sequence[int]) -> Scenario:
    """Draws the scenario of a background clip: silent objects, no source."""
    objects = rng.choice(classes, min(rng.choice(len(DISTRACTORS), p=DISTRACTORS), classes), replace=False)
    nowhere = np.zeros((segments, *grid), bool)
    distractors = tuple((int(c), _track(rng, segments, grid)) for c in objects)
    return Scenario(0, 0, np.zeros(segments, bool), nowhere, distractors)


def _event(rng, segments):
    weights = np.array(list(AVE_LENGTHS.values()), float)
    seconds = rng.choice(list(AVE_LENGTHS), p=weights / weights.sum())
    length = max(1, round(seconds * segments / 10))
    start = int(rng.integers(0, segments - length + 1))
    return start, start + length


def _intervals(rng, start, end, segments):
    """When the source is heard and when it is seen, `(T,)` each; both at once from `start` to `end` and never else."""
    time, outside = np.arange(segments), rng.choice(OUTSIDE)
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
    """`(T, H, W)` bool: a patch of two or three cells a side (of seven), which moves by at most a cell a segment."""
    size = [max(1, round(n * int(rng.integers(2, 4)) / 7)) for n in grid]
    room = np.array(grid) - size
    steps = np.concatenate([rng.integers(0, room + 1)[None], rng.integers(-1, 2, (segments - 1, 2))])
    cells = np.zeros((segments, *grid), bool)
    place = np.zeros(2, int)
    for t, step in enumerate(steps):
        place = np.clip(place + step, 0, room)
        cells[t, place[0] : place[0] + size[0], place[1] : place[1] + size[1]] = True
    return cells
