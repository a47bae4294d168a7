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
pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="does not depend on the backend")


class Progress(list):
    put = list.append


@pytest.fixture
def work(tmp_path, folder, cell, monkeypatch):
    """Runs `_work` in this process, as on a node."""

    def work(cell, data=folder, shared=True, attempt=1):
        task = {"cell": asdict(cell), "data": str(data), "store": str(tmp_path / "store")}
        progress = Progress()
        marker = tmp_path / "store" / "running" / ".ray-token"
        if shared:
            marker.touch()
        return (*ray_executor._work(task, marker, attempt, "sender", progress), progress)

    Store(tmp_path / "store")
    monkeypatch.setenv("AVE_KERAS_THREADS", "1")
    monkeypatch.setattr("benchmarks.execution.devices.limit_threads", lambda threads: None)
    monkeypatch.setattr(ray_executor.tempfile, "gettempdir", lambda: str(tmp_path / "node"))
    return work


def test_a_node_with_the_results_folder_writes_there(work, tmp_path, cell):
    made = cell(epochs=2)
    message, records, progress = work(made)
    assert message["event"] == "done" and not records
    assert Store(tmp_path / "store").read(made.key)["test_accuracy"] == message["accuracy"]
    assert [m["event"] for _, m in progress] == ["start", "epoch", "epoch"]


def test_a_node_without_the_results_folder_returns_the_record(work, tmp_path, cell):
    made = cell(epochs=2)
    message, records, _ = work(made, shared=False)
    assert message["event"] == "done" and records[made.key]["cell"]["entry"] == "a"
    assert not Store(tmp_path / "store").has(made.key)
    assert not list((tmp_path / "node").rglob("*.json")) + list((tmp_path / "node").rglob("*.npz"))


def test_a_node_without_the_data_folder(work, tmp_path, cell):
    message, records, _ = work(cell(), data=tmp_path / "elsewhere")
    assert message["event"] == "absent" and message["node"] and not records
    error = str(ray_executor._absent(tmp_path / "elsewhere", message["node"]))
    assert "a node of the Ray cluster does not have the data folder" in error and message["node"] in error


def test_a_second_attempt_waits_for_the_process_of_the_first(work, tmp_path, cell, monkeypatch):
    """Ray may report a node dead before its processes end."""
    made, lock = cell(epochs=2), Store(tmp_path / "store").lock
    with lock(made.key):
        assert work(made)[0]["event"] == "busy"
    first = lock(made.key)
    first.__enter__()
    monkeypatch.setattr(ray_executor.time, "sleep", lambda seconds: first.__exit__(None, None, None))
    assert work(made, attempt=2)[0]["event"] == "done"


def test_no_cluster(tmp_path, cell, folder):
    with pytest.raises(AVEError, match=r"cannot use the Ray cluster.*localhost:1: .*refused. Start one with `ray"):
        next(RayExecutor("localhost:1", 1, 0).run([cell()], folder, tmp_path))


def test_a_lost_cluster(tmp_path, cell, folder, monkeypatch):
    """The actor that collects progress is gone, since the node of this machine has died."""

    def lost(*args):
        raise ray.exceptions.ActorUnavailableError("connection refused", None)

    left, store = [], Store(tmp_path)
    monkeypatch.setattr(ray, "init", lambda *args, **options: None)
    monkeypatch.setattr(ray, "shutdown", lambda: left.append(True))
    monkeypatch.setattr(ray_executor, "require_room", lambda *args: None)
    monkeypatch.setattr(ray_executor, "_queue", lost)
    with pytest.raises(AVEError, match=r"lost the connection to the Ray .*refused.*same command again; finished"):
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
            killed = [int(path.name) for path in Path("/proc").glob("[0-9]*") if _runs_task(int(path.name))]
            for pid in killed:
                os.kill(pid, signal.SIGKILL)
    assert killed
    assert [e.kind for e in events if e.kind not in ("start", "epoch")] == ["done"]
    (record,) = store.records().values()
    assert record["resumed_after"]
    assert not list((tmp_path / "running").glob(".ray-*"))


def _runs_task(pid):
    """Whether a process runs a Ray task of this test."""
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
