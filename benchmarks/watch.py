"""`status`: how far every cell of a grid is and how long the rest will take, once or again and again."""

import time
import warnings
from collections import Counter
from dataclasses import dataclass

import numpy as np
from rich.console import Group
from rich.live import Live
from rich.text import Text

from benchmarks.state import DAMAGED, read_state
from benchmarks.summary import score_key

KINDS = ("done", "running", "begun", "failed", "missing")
# Seconds between two looks.
PAUSE = 2


@dataclass(frozen=True)
class Look:
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


def look(store, cell):
    """The `Look` at a cell; writes nothing."""
    key = cell.key
    if record := store.read(key):
        epochs = len(record["history"])
        ran = epochs - record["resumed_after"]
        # Of cells that one process trains together, each has its share of the seconds and looks like a process.
        seconds = record["seconds"] * len(record.get("trained_together", [cell.seed]))
        pace = seconds / (cell.weight * ran / epochs) if ran else None
        return Look(cell, "done", epochs, pace=pace)
    history = _history(store.state(key))
    last = history[-1] if history else {}
    progress = {"epochs": len(history), "score": last.get(score_key(last))}
    if store.running(key):
        return Look(cell, "running", **progress)
    if failure := store.failure(key):
        return Look(cell, "failed", **progress, error=failure.strip().splitlines()[-1])
    return Look(cell, "begun" if history else "missing", **progress)


def _history(path):
    """Of a running state; empty before its first epoch ends."""
    try:
        return read_state(path, whole=False)[0]["history"]
    except FileNotFoundError:
        return []
    except DAMAGED:
        warnings.warn(f"{path} cannot be read; `run` begins the cell anew", stacklevel=2)
        return []


def seconds_left(looks):
    """Until all is done with as many processes as there are now; None where nothing is finished, or nothing runs."""
    paces = [look.pace for look in looks if look.pace]
    running = sum(look.kind == "running" for look in looks)
    if not paces or not running:
        return None
    return float(np.mean(paces)) * sum(look.left for look in looks) / running


def summary(looks):
    """`3 done, 1 running, 2 missing; about 12 min left`."""
    counts = Counter(look.kind for look in looks)
    text = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
    left = seconds_left(looks)
    return text if left is None else f"{text}; about {_duration(left)} left"


def _duration(seconds):
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}" if seconds >= 10 * size else f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def view(store, cells, kinds=KINDS):
    """Lines for the cells of some kinds, and the summary of all."""
    return _render([look(store, cell) for cell in cells], kinds)


def _render(looks, kinds):
    lines = [f"{look.cell.entry:<20} seed {look.cell.seed}  {look.text}" for look in looks if look.kind in kinds]
    return Group(*map(Text, lines), Text(summary(looks)))


def watch(store, cells, console):
    """Shows running and failed cells and the summary until every cell is done; Ctrl-C ends it sooner.

    It ends too when all that is left has failed, which only another run changes.
    """
    looks = [None] * len(cells)
    with Live(console=console, auto_refresh=False) as live:
        try:
            while True:
                # Records are large and do not change: those of finished cells are read once.
                pairs = zip(looks, cells, strict=True)
                looks = [old if old and old.kind == "done" else look(store, cell) for old, cell in pairs]
                live.update(_render(looks, ("running", "failed")), refresh=True)
                if {look.kind for look in looks} <= {"done", "failed"}:
                    return
                time.sleep(PAUSE)
        except KeyboardInterrupt:
            return
