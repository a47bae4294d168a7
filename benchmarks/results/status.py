"""The progress of the cells of a grid and the time left, printed once or continuously."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Group
from rich.live import Live
from rich.text import Text

from benchmarks.results.state_file import DAMAGED, read_state
from benchmarks.results.summary import score_key

if TYPE_CHECKING:
    from rich.console import Console

    from benchmarks.grid.cells import Cell
    from benchmarks.results.store import Store

KINDS = ("done", "running", "interrupted", "failed", "missing")
# Seconds between two updates of `watch`.
PAUSE = 2


@dataclass(frozen=True)
class CellStatus:
    """The progress of a cell, as the store records it.

    Attributes:
        cell: The `grid.cells.Cell`.
        kind: One of `KINDS`; an interrupted cell resumes after its last epoch.
        epochs: The number of finished epochs.
        score: The validation score after the last epoch, or None.
        error: The reason of a failure, in one line.
        seconds_per_weight: The seconds per unit of `Cell.weight` of a finished cell, else None.
    """

    cell: Cell
    kind: str
    epochs: int = 0
    score: float | None = None
    error: str = ""
    seconds_per_weight: float | None = None

    @property
    def text(self) -> str:
        """The status in words."""
        if self.kind == "failed":
            return f"failed: {self.error}"
        if self.kind not in ("running", "interrupted"):
            return self.kind
        score = "" if self.score is None else f", val {100 * self.score:.1f} %"
        return f"{self.kind}: epoch {self.epochs} of {self.cell.resolve().recipe.epochs}{score}"

    @property
    def left(self) -> float:
        """The part of `Cell.weight` that is left to do."""
        if self.kind == "done":
            return 0
        return self.cell.weight * (1 - self.epochs / self.cell.resolve().recipe.epochs)


def cell_status(store: Store, cell: Cell) -> CellStatus:
    """The `CellStatus` of a cell; does not write to the store."""
    key = cell.key
    if record := store.read(key):
        epochs = len(record["history"])
        ran = epochs - record["resumed_after"]
        # Each cell of a group records its share of the seconds, but counts as a running process of its own.
        seconds = record["seconds"] * len(record.get("trained_together", [cell.seed]))
        per_weight = seconds / (cell.weight * ran / epochs) if ran else None
        return CellStatus(cell, "done", epochs, seconds_per_weight=per_weight)
    history = _history(store.state(key))
    last = history[-1] if history else {}
    epochs, score = len(history), last.get(score_key(last))
    if store.running(key):
        return CellStatus(cell, "running", epochs, score)
    if failure := store.failure(key):
        return CellStatus(cell, "failed", epochs, score, failure.strip().splitlines()[-1])
    return CellStatus(cell, "interrupted" if history else "missing", epochs, score)


def _history(path):
    """The history in a state file; empty before the first epoch ends."""
    try:
        return read_state(path, whole=False)[0]["history"]
    except FileNotFoundError:
        return []
    except DAMAGED:
        warnings.warn(f"{path} cannot be read; `run` restarts the cell", stacklevel=2)
        return []


def seconds_left(statuses: Sequence[CellStatus]) -> float | None:
    """Estimated seconds until all cells are done with as many processes as now; None if none is finished or running."""
    rates = [status.seconds_per_weight for status in statuses if status.seconds_per_weight]
    running = sum(status.kind == "running" for status in statuses)
    if not rates or not running:
        return None
    return float(np.mean(rates)) * sum(status.left for status in statuses) / running


def summary(statuses: Sequence[CellStatus]) -> str:
    """The counts and the time left: `3 done, 1 running, 2 missing; about 12 min left`."""
    counts = Counter(status.kind for status in statuses)
    text = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
    left = seconds_left(statuses)
    return text if left is None else f"{text}; about {_duration(left)} left"


def _duration(seconds):
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}" if seconds >= 10 * size else f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def view(store: Store, cells: Iterable[Cell], kinds: Sequence[str] = KINDS) -> Group:
    """A line per cell of the given kinds, and the summary of all cells."""
    return _render([cell_status(store, cell) for cell in cells], kinds)


def _render(statuses, kinds):
    shown = (status for status in statuses if status.kind in kinds)
    lines = [f"{status.cell.entry:<20} seed {status.cell.seed}  {status.text}" for status in shown]
    return Group(*map(Text, lines), Text(summary(statuses)))


def watch(store: Store, cells: Sequence[Cell], console: Console) -> None:
    """Shows running and failed cells and the summary until every cell is done or has failed, or until Ctrl-C."""
    statuses: list[CellStatus | None] = [None] * len(cells)
    with Live(console=console, auto_refresh=False) as live:
        try:
            while True:
                # Records are large and never change, so those of finished cells are read only once.
                pairs = zip(statuses, cells, strict=True)
                current = [old if old and old.kind == "done" else cell_status(store, cell) for old, cell in pairs]
                live.update(_render(current, ("running", "failed")), refresh=True)
                if {status.kind for status in current} <= {"done", "failed"}:
                    return
                statuses = list(current)
                time.sleep(PAUSE)
        except KeyboardInterrupt:
            return
