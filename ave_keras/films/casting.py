"""Draws the scene of a film: its event, its objects and how they move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ave_keras.data.synthetic.scenario import draw_event, intervals
from ave_keras.films.scene import Scene, Source

if TYPE_CHECKING:
    from ave_keras.films.materials import Materials
    from ave_keras.films.recipe import Recipe

# The root mean square of an object's sound, of 1 at most.
LEVEL = 0.12


def draw_scene(recipe: Recipe, materials: Materials, split: str, label: str | None, rng: np.random.Generator) -> Scene:
    """Draws a scene.

    Args:
        recipe: The settings.
        materials: Pictures and sounds.
        split: Which of the materials to use, "train", "val" or "test".
        label: The class of the event; None for a film without one, in which only silent objects are seen.
        rng: The state of this film.

    Returns:
        A `Scene`, whose last source is the object of the event.

    Raises:
        AVEError: A picture or sound cannot be used.
    """
    everything = np.ones(recipe.seconds, bool)
    silent = [c for c in materials.classes if c != label]
    weights = np.array(recipe.distractors)
    count = min(int(rng.choice(len(weights), p=weights / weights.sum())), len(silent))
    sources = [
        _source(recipe, materials, split, str(name), rng, everything, ~everything)
        for name in rng.choice(silent, count, replace=False)
    ]
    start = end = 0
    if label is not None:
        start, end = draw_event(rng, recipe.seconds, recipe.lengths)
        kinds, shares = list(recipe.outside), np.array(list(recipe.outside.values()), float)
        outside = str(rng.choice(kinds, p=shares / shares.sum()))
        heard, seen = intervals(rng, start, end, recipe.seconds, outside)
        sound = materials.sound(label, split, rng, recipe.seconds)
        sources.append(_source(recipe, materials, split, label, rng, seen, heard, np.float32(LEVEL) * sound))
    background = materials.background(split, rng, recipe.size)
    ambience = np.float32(LEVEL * recipe.ambience_level) * materials.ambience(split, rng, recipe.seconds)
    return Scene(background, ambience, tuple(sources), start, end, recipe.fps)


def _source(recipe, materials, split, label, rng, seen, heard, sound=None):
    side = max(8, round(recipe.size * rng.uniform(*recipe.objects)))
    picture = materials.picture(label, split, rng, side)
    path = _path(rng, recipe, np.array(picture.shape[:2]))
    return Source(label, picture, path, seen, heard, sound)


def _path(rng, recipe, shape):
    """A straight drift that turns back at the borders, `(frames, 2)` int."""
    room = recipe.size - shape
    angle, speed = rng.uniform(0, 2 * np.pi), recipe.size * recipe.drift * rng.uniform(0.3, 1)
    velocity = speed / recipe.fps * np.array([np.sin(angle), np.cos(angle)])
    places = rng.uniform(0, room + 1e-9) + np.arange(recipe.seconds * recipe.fps)[:, None] * velocity
    period = np.maximum(2 * room, 1e-9)
    folded = np.abs((places + room) % period - room)
    return np.minimum(np.floor(folded).astype(int), np.maximum(room, 0))
