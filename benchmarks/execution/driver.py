"""Runs the missing cells of a grid and shows the progress; finished cells never run again."""

import time

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ave_keras.errors import AVEError
from benchmarks.results.summary import score_key


def run_cells(cells, folder, store, executor, console, group=list):
    """Runs those of `cells` that are not finished, including cells that failed in an earlier run.

    Args:
        cells: The `grid.cells.Cell`s.
        folder: The folder of the data set.
        store: The `Store`.
        executor: The `Executor` that runs them.
        console: The Rich console for the progress.
        group: A function that combines cells to run together, such as `grid.cells.group_seeds`.

    Returns:
        The number of cells that failed.

    Raises:
        AVEError: Results cannot be written. All workers stop, and lose their current epoch.
    """
    missing = [cell for cell in cells if not store.has(cell.key)]
    console.print(f"{len(cells)} cells, {len(cells) - len(missing)} finished already, {len(missing)} to run")
    if not missing:
        return 0
    view = _Bars(console, cells, missing) if console.is_terminal else _Lines(console, len(missing))
    failed = 0
    # Long cells first, so that at the end no worker runs a long one alone.
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
    name = event.cell.title
    if event.kind == "done":
        return f"{name}: {100 * event.accuracy:.1f} % on {event.cell.cells[0].score}"
    if event.kind == "busy":
        return f"{name}: another process is running it"
    return f"{name}: FAILED, {event.error.strip().splitlines()[-1]}"


class _Bars:
    """Shows a progress bar for the grid and one for every running cell."""

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
        name = f"  {event.cell.title}"
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
    """Prints a line per finished cell, for logs."""

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
