"""Cells on a Ray cluster: each in a process of its own on any node, tried again where a node dies."""

import platform
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ave_keras.data import layout
from ave_keras.errors import AVEError
from ave_keras.runtime.cluster import ATTEMPTS, connect, mark, refuse_small
from ave_keras.runtime.packages import require
from benchmarks import ROOT
from benchmarks.execution.local_executor import Event, environment
from benchmarks.execution.provenance import commit
from benchmarks.grid.cells import from_dict
from benchmarks.results.store import Store

# Seconds between two looks at the cluster.
POLL = 0.5
# Seconds until the lock of an earlier attempt must be free: its process may outlive its node.
PATIENCE = 120


@dataclass(frozen=True)
class RayExecutor:
    """One Ray task per cell; Ray queues what does not fit on the cluster yet.

    Nodes need Python with the packages and the data folder at the same path; the code of this checkout travels with
    the job. Where a node sees the store, the cell is kept there as ever, epoch by epoch; where it does not, its record
    comes back and is written here.

    Args:
        address: of the cluster, such as `"10.0.0.1:6379"`; None is `RAY_ADDRESS`, the cluster that this machine is a
            node of, or else a new one of this machine alone.
        cpus: of a cell, and its threads.
        gpus: of a cell, such as 0.25; 0 hides them.
    """

    address: str | None
    cpus: float
    gpus: float

    def run(self, cells, data, store):
        """See `Executor.run`; leaving the loop ends all tasks."""
        env = {**environment(cells[0], max(1, int(self.cpus))), "AVE_KERAS_COMMIT": commit()}
        with connect(self.address, env, [ROOT / name for name in ("ave_keras", "zoo", "benchmarks")]) as ray:
            refuse_small(ray, "a cell", "--cpus-per-cell, --gpus-per-cell", self.cpus, self.gpus)
            with mark(Path(store).absolute() / "running") as seen:
                yield from self._run(ray, cells, Path(data).absolute(), Path(store).absolute(), seen)

    def _run(self, ray, cells, data, store, seen):
        progress = _queue(ray)
        task = ray.remote(num_cpus=self.cpus, num_gpus=self.gpus, max_retries=0, max_calls=1)(_work)

        def submit(number, attempt):
            work = {"cell": asdict(cells[number]), "data": str(data), "store": str(store)}
            return task.remote(work, seen, attempt, (number, attempt), progress)

        flying = {submit(number, 1): (number, 1) for number in range(len(cells))}
        slots = _Slots()
        while flying:
            ended, _ = ray.wait(list(flying), timeout=POLL)
            for sender, message in progress.get_nowait_batch(progress.size()):
                if sender in flying.values():
                    yield _event(message, cells[sender[0]], slots[sender[0]])
            for ref in ended:
                number, attempt = flying.pop(ref)
                try:
                    message, records = ray.get(ref)
                except ray.exceptions.RayError as error:
                    if attempt < ATTEMPTS and not isinstance(error, ray.exceptions.RayTaskError):
                        flying[submit(number, attempt + 1)] = number, attempt + 1
                        continue
                    message, records = {"event": "failed", "error": str(error)}, {}
                if message["event"] == "absent":
                    raise _absent(data, message["node"])
                for key, record in records.items():
                    if not (kept := Store(store)).has(key):
                        kept.write(key, record)
                yield _event(message, cells[number], slots[number])
                del slots[number]


def _queue(ray):
    """To which tasks tell their progress; on this node, so that it lives as long as the driver."""
    affinity = require("ray.util.scheduling_strategies", "ray").NodeAffinitySchedulingStrategy
    here = affinity(ray.get_runtime_context().get_node_id(), soft=True)
    return require("ray.util.queue", "ray").Queue(actor_options={"num_cpus": 0, "scheduling_strategy": here})


class _Slots(dict):
    """The lowest free number for each running cell: the bar that shows it."""

    def __missing__(self, cell):
        self[cell] = next(slot for slot in range(len(self) + 1) if slot not in self.values())
        return self[cell]


def _event(message, cell, worker):
    message = dict(message)
    return Event(message.pop("event"), cell, worker, **message)


def _absent(data, node):
    return AVEError(
        "the data folder is not there on a node of the Ray cluster",
        file=data,
        found=f"no {layout.ANNOTATIONS} on {node}",
        fix="Put it on a file system that all nodes share, or copy it to the same path on each of them",
    )


def _work(task, mark, attempt, sender, progress):
    """Runs on a node: `(last event, {key: record})`; records only where the driver must write them."""
    if not (Path(task["data"]) / layout.ANNOTATIONS).is_file():
        return {"event": "absent", "node": platform.node()}, {}
    shared = mark.is_file()
    if not shared:
        # The same folder for all attempts on this node, so that they go on where the last one was.
        task = {**task, "store": str(Path(tempfile.gettempdir()) / f"ave-keras{mark.name}")}

    def send(**message):
        progress.put((sender, message))

    from benchmarks.execution.worker import prepare

    run, until = prepare(), time.monotonic() + (PATIENCE if attempt > 1 else 0)
    send(event="start")
    while (message := run(task, send))["event"] == "busy" and time.monotonic() < until:
        time.sleep(1)
    if shared:
        return message, {}
    # A full disk of this node is the trouble of this cell only.
    kind = "failed" if message["event"] == "unwritable" else message["event"]
    return {**message, "event": kind}, _taken(Store(task["store"]), from_dict(task["cell"]))


def _taken(store, cell):
    """`{key: record}` of what is finished of a cell or group; it does not stay on the node."""
    records = {each.key: record for each in cell.cells if (record := store.read(each.key))}
    for key in records:
        (store.folder / "cells" / f"{key}.json").unlink()
    return records
