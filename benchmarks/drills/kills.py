"""`kills`: `kill -9` of workers, of drivers and in the middle of writes, and a look at what the results are then."""

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
# What must not depend on kills.
LASTING = ("cell", "entry", "history", "best_epoch", "val_accuracy", "test_accuracy", "test")


class Siege:
    """A tiny grid, run again and again, some of whose processes are killed.

    Args:
        folder: an empty one.
        backend: of the cells.
        rng: a NumPy generator, which chooses time and kind of the kills.
        entries: their names.
        seeds: how many.
        epochs: of each cell.
        workers: processes at a time.
    """

    def __init__(self, folder, backend, rng, entries=("a", "v"), seeds=2, epochs=8, workers=2):
        from ave_keras.data.synthetic import SyntheticAVE

        self.folder, self.rng, self.backend = folder, rng, backend
        self.recipe = {"epochs": epochs, "batch_size": 8}
        self.data = folder / "data"
        SyntheticAVE(**DATA).write(self.data)
        console = Console(file=io.StringIO())
        _, facts = open_data(self.data, "quick", folder, False, console)
        common = {"protocol": "paper", "backend": backend, "profile": "quick", "recipe": self.recipe}
        self.cells = make_cells(entries, range(seeds), data=facts, **common)
        started, whole = time.monotonic(), Store(folder / "whole")
        if run_cells(self.cells, self.data, whole, LocalExecutor(workers, 1), console):
            raise AVEError("the grid fails without any kill", file=whole.folder / "failures")
        # Starting up is the most of it, in which there is nothing to lose.
        self.duration = time.monotonic() - started
        self.expected = _results(whole)
        self.command = [sys.executable, "-m", "benchmarks", "run", "--data", self.data, "--backend", backend]
        self.command += [word for entry in entries for word in ("--entries", entry)]
        self.command += ["--seeds", seeds, "--epochs", epochs, "--batch-size", 8, "--workers", workers, "--threads", 1]
        self.kills, self.rounds, self.starts, self.wrong = Counter(), 0, 0, []

    def run(self, count, show=lambda text: None):
        """Kills `count` times, over as many grids as that takes, and lets the last grid end."""
        while self.kills.total() < count:
            self.rounds += 1
            self._round(count, Store(self.folder / f"round-{self.rounds}"))
            show(f"{self.kills.total()} kills, {self.rounds} grids, {len(self.wrong)} wrong")

    def _round(self, count, store):
        """One grid, from nothing to the end."""
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
                self._judge_times(store, times)
        finally:
            if process is not None:
                process.kill()
                process.wait()
        self._judge(store)

    def _start(self, store):
        command = [*map(str, self.command), "--results", str(store.folder)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        env = {**os.environ, "KERAS_BACKEND": self.backend}
        return subprocess.Popen(command, cwd=ROOT, env=env, **quiet)

    def _finished(self, store):
        return all(store.has(cell.key) for cell in self.cells)

    def _kill(self, process, store):
        """One kill, unless the grid ends before its time comes."""
        kind = KINDS[self.rng.integers(len(KINDS))]
        until = time.monotonic() + self.rng.uniform(0, self.duration)
        while process.poll() is None:
            if kind == "write":
                writers = _writers(store)
                victims = writers and [pid for pid in (process.pid, *_children(process.pid)) if pid in writers]
            else:
                alive = [process.pid] if kind == "driver" else _children(process.pid)
                victims = alive if time.monotonic() > until else []
            if victims:
                os.kill(victims[self.rng.integers(len(victims))], signal.SIGKILL)
                self.kills[kind] += 1
                return
            time.sleep(0.001 if kind == "write" else 0.05)

    def _judge_times(self, store, times):
        """A finished cell never changes again."""
        for path in store.folder.glob("cells/*.json"):
            time_ns = path.stat().st_mtime_ns
            if times.setdefault(path.name, time_ns) != time_ns:
                self.wrong.append(f"{path} was written twice")

    def _judge(self, store):
        """What is stored at the end is what an undisturbed run stores, and nothing else."""
        found = _results(store)
        names = {path.name for part in ("cells", "running") for path in (store.folder / part).iterdir()}
        strange = names - {f"{key}.{suffix}" for key in self.expected[0] for suffix in ("json", "lock")}
        for what, ours, theirs in zip(("cells", "table"), self.expected, found, strict=True):
            if ours != theirs:
                self.wrong.append(f"{what} of {store.folder} are not those of an undisturbed run")
        if strange:
            self.wrong.append(f"{store.folder} holds {sorted(strange)}")


def _results(store):
    """`({key: what must not depend on kills}, the table)`."""
    records = store.records()
    (table,) = choose_tables("1")
    tables = [comma_separated(table, *group) for group in groups(records.values())]
    kept = {key: json.dumps([record[k] for k in LASTING]) for key, record in sorted(records.items())}
    return kept, tables


def _writers(store):
    """Processes that are at a file, by the names of the temporary files."""
    halves = (path.name.rpartition(".")[2].partition("-")[0] for path in store.folder.rglob(".*-*"))
    return {int(pid) for pid in halves if pid.isdigit()}


def _children(pid):
    """Processes that this one has started and not buried yet, so that their numbers are nobody else's."""
    found = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for file in Path(f"/proc/{pid}/task").glob("*/children"):
            found += map(int, file.read_text().split())
    return found
