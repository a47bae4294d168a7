"""What a study runs on: its arms, data sets, seeds and cells, and the results that are there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import zoo
from ave_keras.data import AVE
from ave_keras.errors import AVEError
from benchmarks.grid.data import open_data
from benchmarks.results.summary import data_name
from benchmarks.studies.report import Line, lines, notes
from benchmarks.studies.scoring import TestUses
from benchmarks.studies.study import Arm, Study

if TYPE_CHECKING:
    from rich.console import Console

    from benchmarks.grid.cells import Cell
    from benchmarks.results.store import Store


@dataclass(frozen=True)
class Plan:
    """A study with everything that the options decide.

    Attributes:
        study: The `Study`.
        arms: The arms to run.
        folders: The folders of the data sets.
        identities: Their `Cell.data`.
        specs: Their shapes.
        seeds: The seeds.
        backend: The Keras backend.
        store: The `Store`.
    """

    study: Study
    arms: list[Arm]
    folders: list[Path]
    identities: list[dict]
    specs: list[dict]
    seeds: list[int]
    backend: str
    store: Store

    def of(self, number: int) -> dict[str, list[Cell]]:
        """`{arm: cells}` on one data set."""
        data = self.identities[number]
        return {arm.name: self.study.cells(arm, data, self.seeds, self.backend) for arm in self.arms}

    def cells(self, number: int) -> list[Cell]:
        """All cells on one data set; those of the first seed first."""
        return [cells[i] for i in range(len(self.seeds)) for cells in self.of(number).values()]

    @property
    def missing(self) -> list[Cell]:
        """The cells that are not finished."""
        cells = (cell for number in range(len(self.folders)) for cell in self.cells(number))
        return [cell for cell in cells if not self.store.has(cell.key)]

    def uses(self, number: int) -> TestUses:
        """The recorded uses of the test split of one data set."""
        return TestUses(self.store, self.study.name, self.identities[number]["sha256"])

    def results(self) -> dict[str, tuple[list[Line], list[str]]]:
        """`{split: (lines, notes)}`: for validation, and for test where it has been scored."""
        found: dict[str, dict[str, Any]] = {"val": {}, "test": {}}
        used = {}
        for number, identity in enumerate(self.identities):
            name, uses = data_name(identity), self.uses(number)
            val, test = {}, {}
            for arm, cells in self.of(number).items():
                own = [(cell, record) for cell in cells if (record := self.store.read(cell.key))]
                val[arm] = {cell.seed: record for cell, record in own}
                test[arm] = {c.seed: record | uses.scores[c.key] for c, record in own if c.key in uses.scores}
            found["val"][name] = val
            if any(test.values()):
                found["test"][name], used[name] = test, uses
        tried = {data_name(identity): self._tried(identity) for identity in self.identities}
        made = {split: lines(self.study, by_data, split) for split, by_data in found.items() if by_data}
        return {split: (part, notes(self.study, part, split, used, tried)) for split, part in made.items()}

    def _tried(self, identity):
        """How many different configurations have been trained on a data set, seeds not counted."""
        stored = self.store.records().values()
        records = [record for record in stored if record["cell"]["data"]["sha256"] == identity["sha256"]]
        parts = ("name", "model", "recipe")  # as they were then, with the changes of the cell
        return len({json.dumps([record["entry"][part] for part in parts], sort_keys=True) for record in records})


def make_plan(
    study: Study,
    data: Sequence[Path] | None,
    factors: Sequence[str] | None,
    seeds: Sequence[int],
    backend: str,
    overrides: dict[str, Any],
    store: Store,
    skip_bad: bool,
    console: Console,
    check: bool = True,
) -> Plan:
    """The `Plan` for the options of a command.

    Args:
        study: The `Study`.
        data: The folders of the data sets; None for those of the study.
        factors: The factors to run; None for all.
        seeds: The seeds.
        backend: The Keras backend.
        overrides: Recipe values of all arms.
        store: The `Store`.
        skip_bad: Whether to drop videos with NaN or Inf.
        console: The Rich console for progress.
        check: Whether to check all features.

    Raises:
        AVEError: An unknown factor, a data set that is missing or invalid, or two with the same name.
    """
    arms = [Arm(a.name, a.entry, a.model, {**a.recipe, **overrides}) for a in study.choose(factors)]
    folders = [*(data or map(Path, study.data))]
    if not folders:
        raise AVEError("this study has no data set", key="--data", expected="a folder in the official layout")
    entries = [zoo.entry(arm.entry, study.protocol) for arm in arms]
    identities: list[dict] = []
    specs = []
    for folder in folders:
        _, identity = open_data(folder, "quick", store.folder, skip_bad, console, check, entries)
        for other, earlier in zip(folders, identities, strict=False):
            if data_name(earlier) == data_name(identity):
                raise AVEError(
                    "two data sets have the same name, so that their results could not be told apart",
                    file=folder,
                    found=f"{data_name(identity)}, like {other}",
                    fix="Leave one out, or give it another title: in dataset.yaml, `title: …`",
                )
        identities.append(identity)
        specs.append(AVE.from_directory(folder).spec)
    return Plan(study, arms, folders, identities, specs, list(seeds), backend, store)
