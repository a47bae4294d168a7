"""The interface of executors, and the one that runs cells in processes on this machine."""

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

# Every train step frees and allocates large tensors. glibc returns freed memory to the system, which then clears every
# page again: up to 40 % of the time of A+V-att on a CPU. With these settings glibc keeps 1 GiB, in one heap.
KEEP_MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_TOP_PAD_": str(1 << 30)}


@dataclass(frozen=True)
class Event:
    """An event of a cell: "start", "epoch", "done", "busy", "failed", or "unwritable".

    "busy": another process is running the cell. "unwritable": the store is full or read-only, so no cell can be stored.

    Attributes:
        kind: The kind of event.
        cell: The `grid.cells.Cell` or `SeedGroup`.
        worker: The number of the worker.
        epoch: The number of finished epochs, for "epoch".
        logs: The logs of the epoch, for "epoch".
        accuracy: The accuracy on the split that the cell is scored on, for "done".
        error: The message, for "failed" and "unwritable".
    """

    kind: str
    cell: object
    worker: int = 0
    epoch: int = 0
    logs: dict | None = None
    accuracy: float | None = None
    error: str | None = None


class Executor(Protocol):
    """Runs cells, such as on this machine or on a cluster."""

    def run(self, cells, data, store):
        """Runs cells and yields their `Event`s, until every cell is done, busy elsewhere, or has failed.

        Args:
            cells: The `grid.cells.Cell`s and `SeedGroup`s, all on the same backend.
            data: The folder of the data set.
            store: The folder of the `Store`.
        """


@dataclass(frozen=True)
class LocalExecutor:
    """Runs cells in worker processes on this machine; each worker runs one cell after the other.

    With several GPUs, each worker gets one. If a worker dies, its cell fails and a new worker replaces it.

    Args:
        workers: The number of processes.
        threads: The number of threads per process.
    """

    workers: int
    threads: int

    def run(self, cells, data, store):
        """See `Executor.run`; closing the iterator stops all workers."""
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
                    worker.submit(waiting.popleft(), data, store)
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
        worker.submit(cell, data, store)
        return worker


def environment(cell, threads):
    """Environment variables, besides the inherited ones, for a process that runs cells like this one."""
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    defaults = {**KEEP_MEMORY, "TF_CPP_MIN_LOG_LEVEL": "2"}
    env = {key: os.environ.get(key, value) for key, value in defaults.items()}
    env |= {**limits, "AVE_KERAS_THREADS": str(threads), "KERAS_BACKEND": cell.backend}
    flag = ""
    if cell.backend == "jax" and threads == 1:
        flag = "--xla_cpu_multi_thread_eigen=false"
    elif cell.backend == "jax" and len(cell.cells) > 1:
        # See `vectorized_seeds.SpreadSeeds`.
        flag = f"--xla_force_host_platform_device_count={threads}"
    if flag:
        env["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {flag}".strip()
    if "AVE_KERAS_DETERMINISTIC" in os.environ:
        env["AVE_KERAS_DETERMINISTIC"] = os.environ["AVE_KERAS_DETERMINISTIC"]
    return env


class _Worker:
    """A worker process and the cell that it is running."""

    def __init__(self, number, cell, threads, events):
        self.number, self.cell = number, None
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - lives as long as the worker
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.execution.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env={**os.environ, **environment(cell, threads), **gpus.gpu_for_process(number)},
            cwd=ROOT,
            start_new_session=True,
        )
        self.listener = threading.Thread(target=self._listen, args=(events,), daemon=True)
        self.listener.start()

    def submit(self, cell, data, store):
        """Sends a cell to the process."""
        self.cell = cell
        task = {"cell": asdict(cell), "data": str(Path(data).absolute()), "store": str(Path(store).absolute())}
        try:
            self.process.stdin.write(json.dumps(task) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # The process has died; the listener reports it.

    def stop(self):
        """Lets the process end after its cell."""
        self.process.stdin.close()

    def kill(self):
        """Kills the process."""
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
        events.put((self, {"event": "died", "error": f"the worker process ended with exit code {status}\n{tail}"}))
