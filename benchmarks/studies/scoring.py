"""Scores the arms of a study on the test split, once, and records that it was used."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ave_keras.errors import AVEError
from benchmarks.results.files import read_json, write_json

if TYPE_CHECKING:
    from benchmarks.grid.cells import Cell
    from benchmarks.results.store import Store


class TestUses:
    """The file that records every use of a test split by a study, with the scores.

    Attributes:
        path: The file, in the results folder.
        uses: A list of `{"date", "commit", "arms"}`, the first use first.
        scores: `{key: score}` by cell.
    """

    __test__ = False  # The name is not that of a test.

    def __init__(self, store: Store, study: str, sha256: str):
        self.study = study
        self.path: Path = store.folder / "test" / f"{study}-{sha256[:16]}.json"
        held = read_json(self.path) or {"uses": [], "scores": {}}
        self.uses: list[dict] = held["uses"]
        self.scores: dict[str, dict] = held["scores"]

    def refuse_second(self, force: bool) -> None:
        """Raises an error if the split has been used before, unless `force`.

        Raises:
            AVEError: It has.
        """
        if self.uses and not force:
            raise AVEError(
                "the test split has been scored for this study already",
                file=self.path,
                expected="one use: what is chosen after seeing the test split is no longer measured by it",
                found=f"{len(self.uses)}, the last on {self.uses[-1]['date']}",
                fix="The command study prints the scores, with the same options. --force scores again, and all "
                "reports say so",
            )

    @property
    def others(self) -> list[str]:
        """The other studies that have used this split."""
        names = self.path.name.removeprefix(self.study)
        found = (file.name.removesuffix(names) for file in self.path.parent.glob(f"*{names}"))
        return sorted(name for name in found if name != self.study)

    def record(self, arms: Sequence[str], commit: str, scores: dict[str, dict]) -> None:
        """Adds a use and its scores, and writes the file."""
        date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self.uses.append({"date": date, "commit": commit, "arms": list(arms)})
        self.scores |= scores
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_json(self.path, {"uses": self.uses, "scores": self.scores})


def score_cells(
    cells: Sequence[Cell], folder: Path, store: Store, advance: Callable[[], object] = lambda: None
) -> dict[str, dict]:
    """Scores the kept weights of finished cells on the test split: `{key: part of a record}`.

    Raises:
        AVEError: The weights of a cell are missing or damaged.
    """
    from benchmarks.execution.cell import build_cell, open_data
    from benchmarks.execution.record import score

    scores = {}
    for cell in cells:
        weights = store.weights(cell.key)
        entry, model, ave = build_cell(cell, open_data(str(folder), bool(cell.data["bad_rows"])), store)
        model.set_weights(weights)
        scores[cell.key] = score(entry, model, ave, "test")
        advance()
    return scores
