"""The work for each film, independent of where it runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ave_keras.data import layout
from ave_keras.features.extraction.job import attempt
from ave_keras.films.casting import draw_scene
from ave_keras.films.mp4 import unwritable, write_film

if TYPE_CHECKING:
    from ave_keras.films.materials import Materials
    from ave_keras.films.recipe import Recipe

PARTS = ".films"


@dataclass(frozen=True)
class Plan:
    """A film before its scene is drawn.

    Attributes:
        name: The name of its file, without suffix.
        label: The class of its event; None for films without one.
        split: "train", "val" or "test", whose materials it uses.
    """

    name: str
    label: str | None
    split: str


class FilmJob:
    """Draws and writes films, each with a file of its truth. It is sent to other processes.

    Args:
        out: The folder of the films.
        recipe: The settings.
        materials: Pictures and sounds.
        plans: The films.
    """

    def __init__(self, out: Path, recipe: Recipe, materials: Materials, plans: list[Plan]):
        self.out, self.recipe, self.materials, self.plans = out, recipe, materials, plans

    def start(self) -> FilmJob:
        """Returns itself; there is nothing to create."""
        return self

    def film(self, number: int) -> Path:
        """The file of a film."""
        plan = self.plans[number]
        return self.out / (layout.VIDEOS if plan.label else layout.BACKGROUND_VIDEOS) / f"{plan.name}.mp4"

    def part(self, number: int) -> Path:
        """The file of a film's truth, which exists if the film is finished."""
        return self.out / PARTS / f"{self.plans[number].name}.npz"

    def __call__(self, path: Path, number: str) -> str | None:
        """Makes a film; returns None or the reason for failure."""
        return attempt(path, lambda: self._make(int(number)))[1]

    def _make(self, number):
        plan, recipe = self.plans[number], self.recipe
        # A film depends on the seed and its own number only, not on the films before it.
        rng = np.random.default_rng([recipe.seed, number, int(plan.label is None)])
        scene = draw_scene(recipe, self.materials, plan.split, plan.label, rng)
        write_film(self.film(number), scene.frames(), scene.sound(), recipe.fps)
        truth = {"span": [scene.start, scene.end], "outline": np.packbits(scene.outline(), axis=-1)}
        if plan.label:
            truth |= {"seen": scene.sources[-1].seen, "heard": scene.sources[-1].heard}
        silent = [source.label for source in scene.sources if source.sound is None]
        temporary = self.part(number).with_suffix(".partial.npz")
        try:
            np.savez_compressed(temporary, silent=np.array(silent, "U"), **truth)
            temporary.replace(self.part(number))
        except OSError as error:
            raise unwritable(temporary, error) from error
