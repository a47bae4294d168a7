"""Cells, the training runs of a grid; the key of a cell is a hash of everything that determines its result."""

import hashlib
import json
import re
from dataclasses import dataclass, field, replace

import zoo
from ave_keras.errors import AVEError

# Part of every key; increase it when the training of a cell changes, so that all cells run again.
VERSION = 1


@dataclass(frozen=True)
class Cell:
    """One training run.

    Attributes:
        entry: The name of the entry in the zoo.
        seed: The seed of the weights and the order of the videos.
        data: The data set, `{"title", "sha256", "bad_rows"}`.
        protocol: `"paper"` or `"official"`.
        backend: `"tensorflow"`, `"jax"` or `"torch"`.
        profile: The name of the profile, which sets `recipe`; the name of the arm in a study.
        recipe: Overrides of the entry's recipe.
        model: Overrides of the entry's builder arguments.
        score: The split that the trained model is scored on: "test", or "val" for a cell of a study, which keeps the
            weights instead.
    """

    entry: str
    seed: int
    data: dict
    protocol: str
    backend: str
    profile: str
    recipe: dict
    model: dict = field(default_factory=dict)
    score: str = "test"

    @property
    def key(self):
        """A hash of the resolved configuration, 16 hexadecimal digits; independent of names, paths and threads."""
        entry = self.resolve()
        config = {
            "version": VERSION,
            "builder": entry.builder,
            "task": entry.task,
            "model": entry.model,
            "recipe": entry.recipe.to_dict(),
            "seed": self.seed,
            "data": {key: self.data[key] for key in ("sha256", "bad_rows")},
            "backend": self.backend,
            **({} if self.score == "test" else {"score": self.score}),
        }
        return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def weight(self):
        """A rough estimate of the run time, in no particular unit."""
        entry = self.resolve()
        return entry.recipe.epochs * (4 if entry.model.get("attention") else 2 if "visual" in entry.modalities else 1)

    @property
    def title(self):
        """Its name in progress messages; cells of a study have their arm as profile."""
        return f"{self.entry} seed {self.seed}" if self.score == "test" else f"{self.profile}, seed {self.seed}"

    @property
    def cells(self):
        """A tuple of this cell, to match `SeedGroup.cells`."""
        return (self,)

    def resolve(self):
        """The `zoo.Entry` with protocol, builder arguments and recipe applied."""
        return zoo.entry(self.entry, self.protocol).with_model(**self.model).with_recipe(**self.recipe)


@dataclass(frozen=True)
class SeedGroup:
    """Cells that differ only in their seeds and train in one program; executors accept it in place of a `Cell`."""

    cells: tuple

    @property
    def entry(self):
        """See `Cell`."""
        return self.cells[0].entry

    @property
    def backend(self):
        """See `Cell`."""
        return self.cells[0].backend

    @property
    def weight(self):
        """See `Cell`."""
        return sum(cell.weight for cell in self.cells)

    def resolve(self):
        """See `Cell`."""
        return self.cells[0].resolve()

    @property
    def title(self):
        """See `Cell`."""
        return f"{self.entry} seed {self.seed}"

    @property
    def seed(self):
        """The seeds as text, such as `"0, 1"`."""
        return ", ".join(str(cell.seed) for cell in self.cells)


def group_seeds(cells):
    """Groups cells that differ only in their seeds; a group takes the position of its first cell.

    Cells of the matching task, of entries with several losses, and of recipes that change from epoch to epoch are not
    grouped, since their training is more than optimizer steps.

    Returns:
        List of `Cell`s and `SeedGroup`s.
    """
    groups = {}
    for cell in cells:
        entry = cell.resolve()
        recipe = entry.recipe
        more = entry.task == "matching" or recipe.losses or recipe.average or recipe.cosine_decay or recipe.milestones
        more = more or recipe.teacher
        separate = cell.seed if more else None
        groups.setdefault((replace(cell, seed=0).key, separate), []).append(cell)
    return [SeedGroup(tuple(group)) if len(group) > 1 else group[0] for group in groups.values()]


def from_dict(values):
    """Restores a `Cell` or `SeedGroup` from the dict that `dataclasses.asdict` returns."""
    return SeedGroup(tuple(Cell(**cell) for cell in values["cells"])) if "cells" in values else Cell(**values)


def make_cells(names, seeds, **common):
    """One cell per entry and seed, without duplicates for entries with two names; seeds vary slowest."""
    canonical = dict.fromkeys(zoo.entry(name).name for name in names)
    return [Cell(entry=name, seed=seed, **common) for seed in seeds for name in canonical]


def shard(cells, text, group=list):
    """The cells of one shard; `"2/8"` is the second of eight. Long and short cells are spread evenly, long ones first.

    Args:
        cells: The `Cell`s of the grid.
        text: The number of the shard and the number of shards.
        group: A function that combines cells that must stay together, such as `group_seeds`.

    Raises:
        AVEError: `text` is not a valid shard.
    """
    match = re.fullmatch(r"([0-9]+)/([0-9]+)", text)
    number, count = map(int, match.groups()) if match else (0, 0)
    if not 1 <= number <= count:
        raise AVEError("invalid shard", key="--shard", expected="1/8 to 8/8 for eight shards", found=repr(text))
    share = sorted(group(cells), key=lambda cell: -cell.weight)[number - 1 :: count]
    return [cell for member in share for cell in member.cells]
