"""Where cells run. The seam: anything that yields events for cells can take the place of local processes."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from ave_keras.runtime import gpus
from benchmarks import ROOT

# A train step frees its large tensors and asks for them again. glibc gives freed memory back to the system, which then
# clears every page of it anew: up to 40 % of A+V-att's time on a CPU. These settings have it keep 1 GiB, in one heap.
KEEP_MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_TOP_PAD_": str(1 << 30)}


@dataclass(frozen=True)
class Event:
    """What happened to a cell: `kind` is "start", "epoch", "done", "busy", "failed", or "unwritable".

    "unwritable" is of the store: it is full or read-only, and nothing else can be kept there either.
    """

    kind: str
    cell: object
    worker: int = 0
    epoch: int = 0
    logs: dict | None = None
    accuracy: float | None = None
    error: str | None = None


class Executor(Protocol):
    """Runs cells somewhere."""

    def run(self, cells, data, store):
        """Yields an `Event` for everything that happens until each cell is done, busy elsewhere, or failed.

        Args:
            cells: `grid.Cell`s, all of one backend.
            data: folder of the data set.
            store: folder of the `Store`.
        """


@dataclass(frozen=True)
class LocalExecutor:
    """Worker processes on this machine, each with its own backend and threads; a worker runs several cells in turn.

    Where there are several GPUs, each worker has one. A worker that dies costs the cell it was at and is replaced.

    Args:
        workers: processes at a time.
        threads: of each.
    """

    workers: int
    threads: int

    def run(self, cells, data, store):
        """See `Executor.run`; leaving the loop stops all workers."""
        waiting, events = deque(cells), queue.Queue()
        pool, idle = [], []
        try:
            for number in range(min(self.workers, len(waiting))):
                pool.append(self._start(number, waiting.popleft(), data, store, events))
            while pool:
                worker, message = events.get()
                cell = worker.cell
                kind = message.pop("event")
                if kind == "ready":
                    yield Event("start", cell, worker.number)
                    continue
                if kind == "epoch":
                    yield Event(kind, cell, worker.number, **message)
                    continue
                if kind == "died" and cell is None:
                    continue
                yield Event("failed" if kind == "died" else kind, cell, worker.number, **message)
                if kind == "died":
                    worker.cell = None
                    pool.remove(worker)
                    worker.kill()
                    if waiting:
                        pool.append(self._start(worker.number, waiting.popleft(), data, store, events))
                elif waiting:
                    worker.give(waiting.popleft(), data, store)
                    yield Event("start", worker.cell, worker.number)
                else:
                    worker.cell = None
                    pool.remove(worker)
                    idle.append(worker)
                    worker.stop()
        finally:
            for worker in idle:
                worker.listener.join()
            for worker in pool:
                worker.kill()

    def _start(self, number, cell, data, store, events):
        worker = _Worker(number, cell, self.threads, events)
        worker.give(cell, data, store)
        return worker


def environment(cell, threads):
    """What the environment of a process that runs cells like this one must say, beside what is there."""
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    defaults = {**KEEP_MEMORY, "TF_CPP_MIN_LOG_LEVEL": "2"}
    env = {key: os.environ.get(key, value) for key, value in defaults.items()}
    env |= {**limits, "AVE_KERAS_THREADS": str(threads), "KERAS_BACKEND": cell.backend}
    flag = ""
    if cell.backend == "jax" and threads == 1:
        flag = "--xla_cpu_multi_thread_eigen=false"
    elif cell.backend == "jax" and len(cell.cells) > 1:
        # See `together.SpreadSeeds`.
        flag = f"--xla_force_host_platform_device_count={threads}"
    if flag:
        env["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {flag}".strip()
    if "AVE_KERAS_DETERMINISTIC" in os.environ:
        env["AVE_KERAS_DETERMINISTIC"] = os.environ["AVE_KERAS_DETERMINISTIC"]
    return env


class _Worker:
    """A process and the cell it is at."""

    def __init__(self, number, cell, threads, events):
        self.number, self.cell = number, None
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - lives as long as the worker
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.execution.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env={**os.environ, **environment(cell, threads), **gpus.share(number)},
            cwd=ROOT,
            start_new_session=True,
        )
        self.listener = threading.Thread(target=self._listen, args=(events,), daemon=True)
        self.listener.start()

    def give(self, cell, data, store):
        """Hands a cell over."""
        self.cell = cell
        task = {"cell": asdict(cell), "data": str(Path(data).absolute()), "store": str(Path(store).absolute())}
        try:
            self.process.stdin.write(json.dumps(task) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # It has died; its listener says so.

    def stop(self):
        """Lets it end: no more cells."""
        self.process.stdin.close()

    def kill(self):
        """Ends it now."""
        self.process.kill()
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.wait()
        self.listener.join()

    def _listen(self, events):
        with self.process.stdout as lines:
            for line in lines:
                events.put((self, json.loads(line)))
        status = self.process.wait()
        with self.errors:
            self.errors.seek(0)
            tail = "".join(self.errors.readlines()[-20:])
        events.put((self, {"event": "died", "error": f"the worker process ended with status {status}\n{tail}"}))
