"""`status`: how far every cell of a grid is and how long the rest will take, once or again and again."""

import time
import warnings
from collections import Counter
from dataclasses import dataclass

import numpy as np
from rich.console import Group
from rich.live import Live
from rich.text import Text

from benchmarks.results.state_file import DAMAGED, read_state
from benchmarks.results.summary import score_key

KINDS = ("done", "running", "begun", "failed", "missing")
# Seconds between two statuses.
PAUSE = 2


@dataclass(frozen=True)
class CellStatus:
    """What the store says of a cell.

    Attributes:
        cell: the `grid.Cell`.
        kind: one of `KINDS`; "begun" was cut off and will go on where it was.
        epochs: done.
        score: on validation after the last of them, or None.
        error: why it failed, one line.
        pace: seconds per unit of the cell's weight, of a finished one, else None.
    """

    cell: object
    kind: str
    epochs: int = 0
    score: float | None = None
    error: str = ""
    pace: float | None = None

    @property
    def text(self):
        """In words."""
        if self.kind == "failed":
            return f"failed: {self.error}"
        if self.kind not in ("running", "begun"):
            return self.kind
        score = "" if self.score is None else f", val {100 * self.score:.1f} %"
        return f"{self.kind}: epoch {self.epochs} of {self.cell.resolve().recipe.epochs}{score}"

    @property
    def left(self):
        """What is left of the cell's weight."""
        if self.kind == "done":
            return 0
        return self.cell.weight * (1 - self.epochs / self.cell.resolve().recipe.epochs)


def cell_status(store, cell):
    """The `CellStatus` of a cell; writes nothing."""
    key = cell.key
    if record := store.read(key):
        epochs = len(record["history"])
        ran = epochs - record["resumed_after"]
        # Of cells that one process trains together, each has its share of the seconds and statuses like a process.
        seconds = record["seconds"] * len(record.get("trained_together", [cell.seed]))
        pace = seconds / (cell.weight * ran / epochs) if ran else None
        return CellStatus(cell, "done", epochs, pace=pace)
    history = _history(store.state(key))
    last = history[-1] if history else {}
    progress = {"epochs": len(history), "score": last.get(score_key(last))}
    if store.running(key):
        return CellStatus(cell, "running", **progress)
    if failure := store.failure(key):
        return CellStatus(cell, "failed", **progress, error=failure.strip().splitlines()[-1])
    return CellStatus(cell, "begun" if history else "missing", **progress)


def _history(path):
    """Of a running state; empty before its first epoch ends."""
    try:
        return read_state(path, whole=False)[0]["history"]
    except FileNotFoundError:
        return []
    except DAMAGED:
        warnings.warn(f"{path} cannot be read; `run` begins the cell anew", stacklevel=2)
        return []


def seconds_left(statuses):
    """Until all is done with as many processes as there are now; None where nothing is finished, or nothing runs."""
    paces = [status.pace for status in statuses if status.pace]
    running = sum(status.kind == "running" for status in statuses)
    if not paces or not running:
        return None
    return float(np.mean(paces)) * sum(status.left for status in statuses) / running


def summary(statuses):
    """`3 done, 1 running, 2 missing; about 12 min left`."""
    counts = Counter(status.kind for status in statuses)
    text = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
    left = seconds_left(statuses)
    return text if left is None else f"{text}; about {_duration(left)} left"


def _duration(seconds):
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}" if seconds >= 10 * size else f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def view(store, cells, kinds=KINDS):
    """Lines for the cells of some kinds, and the summary of all."""
    return _render([cell_status(store, cell) for cell in cells], kinds)


def _render(statuses, kinds):
    lines = [f"{status.cell.entry:<20} seed {status.cell.seed}  {status.text}" for status in statuses if status.kind in kinds]
    return Group(*map(Text, lines), Text(summary(statuses)))


def watch(store, cells, console):
    """Shows running and failed cells and the summary until every cell is done; Ctrl-C ends it sooner.

    It ends too when all that is left has failed, which only another run changes.
    """
    statuses = [None] * len(cells)
    with Live(console=console, auto_refresh=False) as live:
        try:
            while True:
                # Records are large and do not change: those of finished cells are read once.
                pairs = zip(statuses, cells, strict=True)
                statuses = [old if old and old.kind == "done" else cell_status(store, cell) for old, cell in pairs]
                live.update(_render(statuses, ("running", "failed")), refresh=True)
                if {status.kind for status in statuses} <= {"done", "failed"}:
                    return
                time.sleep(PAUSE)
        except KeyboardInterrupt:
            return
