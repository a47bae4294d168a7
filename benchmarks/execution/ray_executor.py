"""Runs cells on a Ray cluster: each in its own process on any node, and again if the node dies."""

import platform
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ave_keras.data import layout
from ave_keras.errors import AVEError
from ave_keras.runtime.cluster import ATTEMPTS, connect, marker_file, require_room
from ave_keras.runtime.packages import require
from benchmarks import ROOT
from benchmarks.execution.local_executor import Event, environment
from benchmarks.execution.provenance import commit
from benchmarks.grid.cells import from_dict
from benchmarks.results.store import Store

# Seconds between two polls of the cluster.
POLL = 0.5
# Seconds to wait for the lock of an earlier attempt: Ray may report a node dead before its processes end.
PATIENCE = 120


@dataclass(frozen=True)
class RayExecutor:
    """Submits one Ray task per cell; Ray queues those that do not fit on the cluster yet.

    Nodes need Python with the packages, and the data folder at the same path; Ray copies the code of this checkout to
    them. Nodes that share the results folder store states and records there. Other nodes return the record, which the
    driver stores.

    Args:
        address: The address of the cluster, such as `"10.0.0.1:6379"`. None for `RAY_ADDRESS`, the cluster that this
            machine is a node of, or else a new cluster on this machine.
        cpus: The CPUs per cell, and its number of threads.
        gpus: The GPUs per cell, such as 0.25; 0 hides all GPUs.
    """

    address: str | None
    cpus: float
    gpus: float

    def run(self, cells, data, store):
        """See `Executor.run`; closing the iterator ends all tasks."""
        env = {**environment(cells[0], max(1, int(self.cpus))), "AVE_KERAS_COMMIT": commit()}
        with connect(self.address, env, [ROOT / name for name in ("ave_keras", "zoo", "benchmarks")]) as ray:
            require_room(ray, "a cell", "--cpus-per-cell, --gpus-per-cell", self.cpus, self.gpus)
            with marker_file(Path(store).absolute() / "running") as marker:
                yield from self._run(ray, cells, Path(data).absolute(), Path(store).absolute(), marker)

    def _run(self, ray, cells, data, store, marker):
        progress = _queue(ray)
        task = ray.remote(num_cpus=self.cpus, num_gpus=self.gpus, max_retries=0, max_calls=1)(_work)

        def submit(number, attempt):
            work = {"cell": asdict(cells[number]), "data": str(data), "store": str(store)}
            return task.remote(work, marker, attempt, (number, attempt), progress)

        pending = {submit(number, 1): (number, 1) for number in range(len(cells))}
        slots = _Slots()
        while pending:
            ended, _ = ray.wait(list(pending), timeout=POLL)
            for sender, message in progress.get_nowait_batch(progress.size()):
                if sender in pending.values():
                    yield _event(message, cells[sender[0]], slots[sender[0]])
            for ref in ended:
                number, attempt = pending.pop(ref)
                try:
                    message, records = ray.get(ref)
                except ray.exceptions.RayError as error:
                    if attempt < ATTEMPTS and not isinstance(error, ray.exceptions.RayTaskError):
                        pending[submit(number, attempt + 1)] = number, attempt + 1
                        continue
                    message, records = {"event": "failed", "error": str(error)}, {}
                if message["event"] == "absent":
                    raise _absent(data, message["node"])
                for key, record in records.items():
                    if not (results := Store(store)).has(key):
                        results.write(key, record)
                yield _event(message, cells[number], slots[number])
                del slots[number]


def _queue(ray):
    """The queue for the progress of all tasks; on this node, so that it lives as long as the driver."""
    affinity = require("ray.util.scheduling_strategies", "ray").NodeAffinitySchedulingStrategy
    here = affinity(ray.get_runtime_context().get_node_id(), soft=True)
    return require("ray.util.queue", "ray").Queue(actor_options={"num_cpus": 0, "scheduling_strategy": here})


class _Slots(dict):
    """Maps each running cell to the lowest free number, which selects its progress bar."""

    def __missing__(self, cell):
        self[cell] = next(slot for slot in range(len(self) + 1) if slot not in self.values())
        return self[cell]


def _event(message, cell, worker):
    message = dict(message)
    return Event(message.pop("event"), cell, worker, **message)


def _absent(data, node):
    return AVEError(
        "a node of the Ray cluster does not have the data folder",
        file=data,
        found=f"no {layout.ANNOTATIONS} on {node}",
        fix="Put it on a shared file system, or copy it to the same path on every node",
    )


def _work(task, marker, attempt, sender, progress):
    """Runs a cell on a node.

    Args:
        task: The cell, the data folder and the results folder, as a worker process takes them.
        marker: A file in the results folder; the node shares the folder if it sees the file.
        attempt: The number of the attempt, from 1.
        sender: The `(number, attempt)` to send with progress.
        progress: The queue for progress.

    Returns:
        `(last event, {key: record})`; no records if the node has stored them in the results folder.
    """
    if not (Path(task["data"]) / layout.ANNOTATIONS).is_file():
        return {"event": "absent", "node": platform.node()}, {}
    shared = marker.is_file()
    if not shared:
        # All attempts on this node use the same folder, so that the next one resumes.
        task = {**task, "store": str(Path(tempfile.gettempdir()) / f"ave-keras{marker.name}")}

    def send(**message):
        progress.put((sender, message))

    from benchmarks.execution.worker import prepare

    run, deadline = prepare(), time.monotonic() + (PATIENCE if attempt > 1 else 0)
    send(event="start")
    while (message := run(task, send))["event"] == "busy" and time.monotonic() < deadline:
        time.sleep(1)
    if shared:
        return message, {}
    # A full disk on this node fails only this cell.
    kind = "failed" if message["event"] == "unwritable" else message["event"]
    return {**message, "event": kind}, _take_records(Store(task["store"]), from_dict(task["cell"]))


def _take_records(store, cell):
    """Reads the finished records of a cell or group and deletes them from the node; returns `{key: record}`."""
    records = {each.key: record for each in cell.cells if (record := store.read(each.key))}
    for key in records:
        (store.folder / "cells" / f"{key}.json").unlink()
    return records
