import os
import signal
from dataclasses import asdict
from pathlib import Path

import keras
import pytest

from ave_keras import AVEError
from benchmarks.execution import ray_executor
from benchmarks.execution.ray_executor import RayExecutor
from benchmarks.results.store import Store

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="processes and files, as of every backend")


class Progress(list):
    put = list.append


@pytest.fixture
def work(tmp_path, folder, cell, monkeypatch):
    """`_work` in this process, as on a node."""

    def work(made, data=folder, seen=True, attempt=1):
        task = {"cell": asdict(made), "data": str(data), "store": str(tmp_path / "store")}
        progress = Progress()
        mark = tmp_path / "store" / "running" / ".ray-token"
        if seen:
            mark.touch()
        return (*ray_executor._work(task, mark, attempt, "sender", progress), progress)

    Store(tmp_path / "store")
    monkeypatch.setenv("AVE_KERAS_THREADS", "1")
    monkeypatch.setattr("benchmarks.execution.devices.limit_threads", lambda threads: None)
    monkeypatch.setattr(ray_executor.tempfile, "gettempdir", lambda: str(tmp_path / "node"))
    return work


def test_a_node_that_sees_the_store_writes_there(work, tmp_path, cell):
    made = cell(epochs=2)
    message, records, progress = work(made)
    assert message["event"] == "done" and not records
    assert Store(tmp_path / "store").read(made.key)["test_accuracy"] == message["accuracy"]
    assert [m["event"] for _, m in progress] == ["start", "epoch", "epoch"]


def test_a_node_that_does_not_see_it_returns_the_record_and_keeps_nothing(work, tmp_path, cell):
    made = cell(epochs=2)
    message, records, _ = work(made, seen=False)
    assert message["event"] == "done" and records[made.key]["cell"]["entry"] == "a"
    assert not Store(tmp_path / "store").has(made.key)
    assert not list((tmp_path / "node").rglob("*.json")) + list((tmp_path / "node").rglob("*.npz"))


def test_a_node_without_the_data_says_so(work, tmp_path, cell):
    message, records, _ = work(cell(), data=tmp_path / "elsewhere")
    assert message["event"] == "absent" and message["node"] and not records
    error = str(ray_executor._absent(tmp_path / "elsewhere", message["node"]))
    assert "not there on a node" in error and message["node"] in error


def test_a_second_attempt_waits_for_the_process_of_the_first(work, tmp_path, cell, monkeypatch):
    """A node is dead for Ray before its processes are."""
    made, held = cell(epochs=2), Store(tmp_path / "store").lock
    with held(made.key):
        assert work(made)[0]["event"] == "busy"
    former = held(made.key)
    former.__enter__()
    monkeypatch.setattr(ray_executor.time, "sleep", lambda seconds: former.__exit__(None, None, None))
    assert work(made, attempt=2)[0]["event"] == "done"


def test_no_cluster(tmp_path, cell, folder):
    with pytest.raises(AVEError, match=r"no Ray cluster that can be used.*localhost:1: .*refused. Start one with `ray"):
        next(RayExecutor("localhost:1", 1, 0).run([cell()], folder, tmp_path))


def test_a_cluster_that_is_lost(tmp_path, cell, folder, monkeypatch):
    """The tasks' news come by an actor on this machine's node, which has died."""

    def lost(*args):
        raise ray.exceptions.ActorUnavailableError("connection refused", None)

    left, store = [], Store(tmp_path)
    monkeypatch.setattr(ray, "init", lambda *args, **options: None)
    monkeypatch.setattr(ray, "shutdown", lambda: left.append(True))
    monkeypatch.setattr(ray_executor, "refuse_small", lambda *args: None)
    monkeypatch.setattr(ray_executor, "_queue", lost)
    with pytest.raises(AVEError, match=r"node of it, is gone: found .*refused.*the same command: what is finished"):
        next(RayExecutor("local", 1, 0).run([cell()], folder, store.folder))
    assert left and not list((tmp_path / "running").glob(".ray-*"))


@pytest.mark.filterwarnings("default")
def test_a_killed_cell_is_run_again(tmp_path, cell, folder, monkeypatch):
    monkeypatch.setattr(ray_executor, "POLL", 0.05)
    cells, store, killed = [cell("a", epochs=40)], Store(tmp_path), []
    events = []
    for event in RayExecutor("local", 1, 0).run(cells, folder, tmp_path):
        events.append(event)
        if event.kind == "epoch" and not killed:
            killed = [int(path.name) for path in Path("/proc").glob("[0-9]*") if _at_work(int(path.name))]
            for pid in killed:
                os.kill(pid, signal.SIGKILL)
    assert killed
    assert [e.kind for e in events if e.kind not in ("start", "epoch")] == ["done"]
    (record,) = store.records().values()
    assert record["resumed_after"]
    assert not list((tmp_path / "running").glob(".ray-*"))


def _at_work(pid):
    """Whether a process is a task of this very process' Ray."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"ray::_work") and _descends(pid)
    except OSError:
        return False


def _descends(pid):
    while pid > 1:
        if pid == os.getpid():
            return True
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return False
