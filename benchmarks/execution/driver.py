"""Runs the cells of a grid that are missing, with progress; what is finished is never run again."""

import time

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ave_keras.errors import AVEError
from benchmarks.results.summary import score_key


def run_cells(cells, folder, store, executor, console, group=list):
    """Runs what is missing of `cells`; returns how many failed.

    A cell that failed in an earlier run is tried again. `group` puts cells together that are to be run as one, such as
    `grid.group_seeds`.

    Raises:
        AVEError: results cannot be written; all workers are stopped then, which costs them the epoch they are at.
    """
    missing = [cell for cell in cells if not store.has(cell.key)]
    console.print(f"{len(cells)} cells, {len(cells) - len(missing)} finished already, {len(missing)} to run")
    if not missing:
        return 0
    view = _Bars(console, cells, missing) if console.is_terminal else _Lines(console, len(missing))
    failed = 0
    # Long cells first, so that no worker is left alone with one at the end.
    order = sorted(group(missing), key=lambda cell: -cell.weight)
    with view:
        for event in executor.run(order, folder, store.folder):
            if event.kind == "unwritable":
                raise AVEError(event.error.rstrip("."))
            if event.kind == "failed":
                for cell in (cell for cell in event.cell.cells if not store.has(cell.key)):
                    failed += 1
                    store.fail(cell.key, cell.__dict__, event.error)
            view.show(event)
    return failed


def _result(event):
    name = f"{event.cell.entry} seed {event.cell.seed}"
    if event.kind == "done":
        return f"{name}: {100 * event.accuracy:.1f} % on test"
    if event.kind == "busy":
        return f"{name}: another process is at it"
    return f"{name}: FAILED, {event.error.strip().splitlines()[-1]}"


class _Bars:
    """A bar for the grid and one for every running cell."""

    def __init__(self, console, cells, missing):
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        self.progress = Progress(*columns, TimeRemainingColumn(), console=console)
        self.total = self.progress.add_task("grid", total=len(cells), completed=len(cells) - len(missing))
        self.tasks = {}

    def __enter__(self):
        self.progress.start()

    def __exit__(self, *_):
        self.progress.stop()

    def show(self, event):
        if event.worker not in self.tasks:
            self.tasks[event.worker] = self.progress.add_task("", total=None)
        task = self.tasks[event.worker]
        name = f"  {event.cell.entry} seed {event.cell.seed}"
        if event.kind == "start":
            self.progress.reset(task, description=name, total=event.cell.resolve().recipe.epochs)
        elif event.kind == "epoch":
            score = event.logs.get(score_key(event.logs))
            text = name if score is None else f"{name}, val {100 * score:.1f} %"
            self.progress.update(task, description=text, completed=event.epoch)
        else:
            self.progress.advance(self.total, len(event.cell.cells))
            self.progress.console.print(_result(event), style="red" if event.kind == "failed" else None)


class _Lines:
    """A line per finished cell, for logs."""

    def __init__(self, console, total):
        self.console, self.total, self.count, self.started = console, total, 0, time.time()

    def __enter__(self):
        pass

    def __exit__(self, *_):
        pass

    def show(self, event):
        if event.kind in ("start", "epoch"):
            return
        self.count += len(event.cell.cells)
        elapsed = time.time() - self.started
        self.console.print(f"[{self.count}/{self.total}, {elapsed:.0f} s] {_result(event)}", markup=False)
