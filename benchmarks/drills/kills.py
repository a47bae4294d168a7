"""Kills workers, drivers and processes that write a file with SIGKILL, and checks the results afterwards."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from rich.console import Console

from ave_keras.errors import AVEError
from benchmarks import ROOT
from benchmarks.execution.driver import run_cells
from benchmarks.execution.local_executor import LocalExecutor
from benchmarks.grid.cells import make_cells
from benchmarks.grid.data import open_data
from benchmarks.grid.tables import choose_tables
from benchmarks.reports.comma_separated import comma_separated
from benchmarks.results.store import Store
from benchmarks.results.summary import groups

KINDS = ("worker", "driver", "write")
DATA = {"videos": 30, "classes": 2, "segments": 4, "audio_dim": 6, "visual_shape": (2, 2, 4)}
# The parts of a record that must not depend on kills.
LASTING = ("cell", "entry", "history", "best_epoch", "val_accuracy", "test_accuracy", "test")


class KillTest:
    """Runs a tiny grid repeatedly and kills some of its processes.

    Args:
        folder: An empty folder for data and results.
        backend: The backend of the cells.
        rng: A NumPy generator, which determines the times and kinds of the kills.
        entries: The names of the entries.
        seeds: The number of seeds.
        epochs: The number of epochs per cell.
        workers: The number of worker processes.

    Attributes:
        kills: The number of kills so far, a `Counter` by kind.
        rounds: The number of grids.
        starts: The number of drivers.
        errors: A line for every result that was lost, duplicated or corrupted.

    Raises:
        AVEError: The grid fails without kills.
    """

    def __init__(self, folder, backend, rng, entries=("a", "v"), seeds=2, epochs=8, workers=2):
        from ave_keras.data.synthetic import SyntheticAVE

        self.folder, self.rng, self.backend = folder, rng, backend
        self.recipe = {"epochs": epochs, "batch_size": 8}
        self.data = folder / "data"
        SyntheticAVE(**DATA).write(self.data)
        console = Console(file=io.StringIO())
        _, identity = open_data(self.data, "quick", folder, False, console)
        common = {"protocol": "paper", "backend": backend, "profile": "quick", "recipe": self.recipe}
        self.cells = make_cells(entries, range(seeds), data=identity, **common)
        started, reference = time.monotonic(), Store(folder / "whole")
        if run_cells(self.cells, self.data, reference, LocalExecutor(workers, 1), console):
            raise AVEError("the grid fails without any kill", file=reference.folder / "failures")
        # Most of this is start-up, in which there is nothing to lose.
        self.duration = time.monotonic() - started
        self.expected = _results(reference)
        self.command = [sys.executable, "-m", "benchmarks", "run", "--data", self.data, "--backend", backend]
        self.command += [word for entry in entries for word in ("--entries", entry)]
        self.command += ["--seeds", seeds, "--epochs", epochs, "--batch-size", 8, "--workers", workers, "--threads", 1]
        self.kills, self.rounds, self.starts, self.errors = Counter(), 0, 0, []

    def run(self, count, show=lambda text: None):
        """Runs grids until `count` processes have been killed, and lets the last grid finish.

        Args:
            count: The number of kills.
            show: A function that is called with a line of text after every grid.
        """
        while self.kills.total() < count:
            self.rounds += 1
            self._round(count, Store(self.folder / f"round-{self.rounds}"))
            show(f"{self.kills.total()} kills, {self.rounds} grids, {len(self.errors)} errors")

    def _round(self, count, store):
        """Runs one grid from start to finish."""
        times, process = {}, None
        try:
            while process is None or process.poll() is None or not self._finished(store):
                if process is None or process.poll() is not None:
                    self.starts += 1
                    process = self._start(store)
                if self.kills.total() < count:
                    self._kill(process, store)
                else:
                    process.wait()
                self._check_times(store, times)
        finally:
            if process is not None:
                process.kill()
                process.wait()
        self._check(store)

    def _start(self, store):
        command = [*map(str, self.command), "--results", str(store.folder)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        env = {**os.environ, "KERAS_BACKEND": self.backend}
        return subprocess.Popen(command, cwd=ROOT, env=env, **quiet)

    def _finished(self, store):
        return all(store.has(cell.key) for cell in self.cells)

    def _kill(self, process, store):
        """Kills one process at a random time, unless the grid finishes earlier."""
        kind = KINDS[self.rng.integers(len(KINDS))]
        kill_time = time.monotonic() + self.rng.uniform(0, self.duration)
        while process.poll() is None:
            if kind == "write":
                writers = _writers(store)
                victims = writers and [pid for pid in (process.pid, *_children(process.pid)) if pid in writers]
            else:
                alive = [process.pid] if kind == "driver" else _children(process.pid)
                victims = alive if time.monotonic() > kill_time else []
            if victims:
                os.kill(victims[self.rng.integers(len(victims))], signal.SIGKILL)
                self.kills[kind] += 1
                return
            time.sleep(0.001 if kind == "write" else 0.05)

    def _check_times(self, store, times):
        """Checks that finished cells are never written again."""
        for path in store.folder.glob("cells/*.json"):
            time_ns = path.stat().st_mtime_ns
            if times.setdefault(path.name, time_ns) != time_ns:
                self.errors.append(f"{path} was written twice")

    def _check(self, store):
        """Checks that the folder contains the results of an uninterrupted run, and nothing else."""
        results = _results(store)
        names = {path.name for part in ("cells", "running") for path in (store.folder / part).iterdir()}
        unexpected = names - {f"{key}.{suffix}" for key in self.expected[0] for suffix in ("json", "lock")}
        for what, expected, actual in zip(("cells", "tables"), self.expected, results, strict=True):
            if expected != actual:
                self.errors.append(f"{what} in {store.folder} differ from those of an uninterrupted run")
        if unexpected:
            self.errors.append(f"{store.folder} contains unexpected files: {sorted(unexpected)}")


def _results(store):
    """`({key: JSON of the parts in LASTING}, tables as CSV)`."""
    records = store.records()
    (table,) = choose_tables("1")
    tables = [comma_separated(table, *group) for group in groups(records.values())]
    cells = {key: json.dumps([record[k] for k in LASTING]) for key, record in sorted(records.items())}
    return cells, tables


def _writers(store):
    """IDs of processes that are writing a file, from the names of the temporary files."""
    pids = (path.name.rpartition(".")[2].partition("-")[0] for path in store.folder.rglob(".*-*"))
    return {int(pid) for pid in pids if pid.isdigit()}


def _children(pid):
    """IDs of the child processes that are not reaped yet, so the system cannot have reused their IDs."""
    children = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for file in Path(f"/proc/{pid}/task").glob("*/children"):
            children += map(int, file.read_text().split())
    return children
