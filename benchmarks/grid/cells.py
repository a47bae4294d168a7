"""From arguments to cells: (entry, seed, data, protocol, backend), keyed by a hash of all that decides the result."""

import hashlib
import json
import re
from dataclasses import dataclass, replace

import zoo
from ave_keras.errors import AVEError

# Part of every key: a change of what a cell does makes new cells.
VERSION = 1


@dataclass(frozen=True)
class Cell:
    """One training run.

    Attributes:
        entry: name in the zoo.
        seed: of the weights and of the order of the videos.
        data: `{"title", "sha256", "bad_rows"}` of the data set.
        protocol: `"paper"` or `"official"`.
        backend: `"tensorflow"`, `"jax"` or `"torch"`.
        profile: what the recipe overrides are called.
        recipe: overrides of the entry's recipe.
    """

    entry: str
    seed: int
    data: dict
    protocol: str
    backend: str
    profile: str
    recipe: dict

    @property
    def key(self):
        """16 hexadecimal digits of the resolved configuration; names, paths and threads are not part of it."""
        entry = self.resolve()
        decides = {
            "version": VERSION,
            "builder": entry.builder,
            "task": entry.task,
            "model": entry.model,
            "recipe": entry.recipe.to_dict(),
            "seed": self.seed,
            "data": {key: self.data[key] for key in ("sha256", "bad_rows")},
            "backend": self.backend,
        }
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def group(self):
        """What cells of one report have in common."""
        return {
            "title": self.data["title"],
            "sha256": self.data["sha256"],
            "bad_rows": self.data["bad_rows"],
            "protocol": self.protocol,
            "backend": self.backend,
            "profile": self.profile,
            "recipe": self.recipe,
        }

    @property
    def weight(self):
        """How long the cell takes, roughly and in no unit."""
        entry = self.resolve()
        return entry.recipe.epochs * (4 if entry.model.get("attention") else 2 if "visual" in entry.modalities else 1)

    @property
    def cells(self):
        """Itself, as a group has several."""
        return (self,)

    def resolve(self):
        """The `zoo.Entry` with everything applied."""
        return zoo.entry(self.entry, self.protocol).with_recipe(**self.recipe)


@dataclass(frozen=True)
class SeedGroup:
    """Cells that differ in nothing but the seed, trained in one program; where a cell is awaited, it stands for all."""

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
    def seed(self):
        """The seeds, for people."""
        return ", ".join(str(cell.seed) for cell in self.cells)


def group_seeds(cells):
    """Cells with those that differ in their seeds alone put together, each group where its first cell stood.

    Models that match sound and picture are fitted by more than steps of an optimizer; they stay alone.

    Returns:
        List of `Cell`s and `SeedGroup`s.
    """
    groups = {}
    for cell in cells:
        alone = cell.seed if cell.resolve().task == "matching" else None
        groups.setdefault((replace(cell, seed=0).key, alone), []).append(cell)
    return [SeedGroup(tuple(group)) if len(group) > 1 else group[0] for group in groups.values()]


def from_dict(values):
    """The `Cell` or `SeedGroup` of what `dataclasses.asdict` made of it."""
    return SeedGroup(tuple(Cell(**cell) for cell in values["cells"])) if "cells" in values else Cell(**values)


def make_cells(names, seeds, **common):
    """One cell per entry and seed, each once even where an entry has two names; seeds vary slowest."""
    canonical = dict.fromkeys(zoo.entry(name).name for name in names)
    return [Cell(entry=name, seed=seed, **common) for seed in seeds for name in canonical]


def shard(cells, text, group=list):
    """`"2/8"` to the second of eight shares of the cells, long and short ones dealt out evenly, long ones first.

    What `group` puts together, such as `group_seeds`, stays together.

    Raises:
        AVEError: anything else.
    """
    found = re.fullmatch(r"([0-9]+)/([0-9]+)", text)
    number, count = map(int, found.groups()) if found else (0, 0)
    if not 1 <= number <= count:
        raise AVEError("no such shard", key="--shard", expected="1/8 to 8/8, for eight of them", found=repr(text))
    share = sorted(group(cells), key=lambda cell: -cell.weight)[number - 1 :: count]
    return [cell for member in share for cell in member.cells]
