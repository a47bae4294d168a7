"""Runs a grid: data first, then the cells that are missing, with progress; what is finished is never run again."""

import time
from pathlib import Path

import yaml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ave_keras.data import layout
from ave_keras.errors import AVEError
from benchmarks.store import lock
from benchmarks.summary import score_key

# Columns that every table of ours fits into.
TABLE_WIDTH = 150
PROFILES = yaml.safe_load((Path(__file__).parent / "profiles.yaml").read_text())


def open_data(path, profile, results, skip_bad, console, check=True, entries=()):
    """The data set of a run: `(folder, {"title", "sha256", "bad_rows"})`.

    Without a path, the synthetic AVE of the profile, written once into the results. Features are read once and looked
    through for NaN and Inf before any cell starts; without `check`, which a look at what is done does not need, not.

    Raises:
        AVEError: the data set is broken; in `skip_bad` mode such rows are dropped instead, and named. Or it has not the
            features that `entries`, of the zoo, need.
    """
    from ave_keras.data import AVE

    if path is None:
        path = _synthetic(PROFILES[profile]["synthetic"], results, console)
    ave = AVE.from_directory(path, skip_bad=skip_bad)
    for split in layout.SPLITS:
        ave.split(split)  # Of which --skip-bad may have left nothing: that is told before any cell starts.
    _refuse_unfit(ave, path, entries)
    bad_rows = [int(row) for row in ave.bad_rows]
    with console.status(f"reading {ave.title}"):
        sha256 = ave.fingerprint()["sha256"]
        clean = results / "data" / f"{sha256[:16]}.checked"
        if check and not bad_rows and not clean.exists():
            _refuse_bad(ave, path)
            clean.parent.mkdir(parents=True, exist_ok=True)
            clean.touch()
    if bad_rows:
        console.print(f"[yellow]{len(bad_rows)} videos dropped for NaN or Inf: rows {bad_rows}[/yellow]")
    title = (
        ave.title
        if ave.is_reference
        else f"{ave.title}, {len(ave.annotations)} videos of {len(ave.class_names)} classes"
    )
    return Path(path), {"title": title, "sha256": sha256, "bad_rows": bad_rows}


def _refuse_unfit(ave, path, entries):
    """Cells of one entry fail all alike: better now than one by one."""
    shape = ave.input_shape("visual")
    attend = [entry.name for entry in entries if entry.model.get("attention")]
    if shape and len(shape) != 4 and attend:
        raise AVEError(
            f"these entries attend and need maps: {', '.join(attend)}",
            file=path,
            key="visual_feature.h5",
            expected="visual features (N, T, H, W, d)",
            found=f"(N, {', '.join(map(str, shape))})",
            fix="Extract maps, or choose others with --entries, such as a, v and av",
        )


def _refuse_bad(ave, path):
    bad = ave.check(range(len(ave.annotations) + ave.features.clips))
    if bad:
        row, file = bad[0]
        raise AVEError(
            "NaN or Inf in a feature",
            file=file,
            key="avadataset",
            expected="finite values",
            found=f"row {row}" + (f" and {len(bad) - 1} more" if len(bad) > 1 else ""),
            fix="Extract these rows again, or drop them with --skip-bad",
        )


def _synthetic(options, results, console):
    from ave_keras.data.synthetic import SyntheticAVE

    name = "_".join(f"{key}-{value}" for key, value in options.items())
    folder = results / "data" / "".join(c if c.isalnum() or c in "-_" else "x" for c in name.replace(", ", "x"))
    if (folder / layout.ANNOTATIONS).exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Of several processes one writes and the others wait; what a killed one left is written again.
    with lock(folder.with_suffix(".lock"), wait=True):
        if not (folder / layout.ANNOTATIONS).exists():
            options = {**options, "visual_shape": tuple(options["visual_shape"])}
            with Progress(console=console) as bar:
                task = bar.add_task("writing the synthetic AVE", total=options["videos"])
                SyntheticAVE(**options).write(folder, force=True, advance=lambda videos: bar.advance(task, videos))
    return folder


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


def default_console():
    """On stderr: what a command prints for people, so that tables can be piped."""
    return Console(stderr=True)


def output():
    """On stdout: the tables that are asked for. Rich would cut the figures of those that are wider than a terminal."""
    return Console(width=max(Console().width, TABLE_WIDTH))
