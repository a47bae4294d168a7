import io

import numpy as np
import pytest
from rich.console import Console

from benchmarks.execution.state import EpochState
from benchmarks.results import status
from benchmarks.results.store import Store

EPOCHS = [{"loss": 1.0, "val_segment_accuracy": 0.25}, {"loss": 0.5, "val_segment_accuracy": 0.5}]
DONE = {"history": EPOCHS * 2, "resumed_after": 2, "seconds": 6.0}


def start(store, cell):
    progress = f'{{"history": {str(EPOCHS).replace(chr(39), chr(34))}, "best_epoch": 1, "generators": 0}}'
    with store.state(cell.key).open("wb") as file:
        np.savez(file, held=progress)


def text(store, cells):
    console = Console(file=io.StringIO(), width=200)
    console.print(status.view(store, cells))
    return console.file.getvalue()


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@pytest.mark.parametrize("damage", [lambda data: data[:200], lambda data: b"", lambda data: b"x" * len(data)])
def test_a_damaged_state_is_reported_and_renamed(store, cell, damage):
    interrupted = cell("a", 0)
    start(store, interrupted)
    path = store.state(interrupted.key)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.warns(UserWarning, match=r"npz cannot be read; `run` restarts the cell"):
        assert status.cell_status(store, interrupted).kind == "missing"
    assert EpochState(path, "val_segment_accuracy").resume(None) == 0
    assert not path.exists() and list(path.parent.glob("*.broken-*"))


def test_every_kind(store, cell):
    done, running, interrupted, failed, _ = cells = [cell("a", seed) for seed in range(5)]
    store.write(done.key, DONE)
    start(store, running)
    start(store, interrupted)
    store.fail(failed.key, {}, "Traceback\nMemoryError: no room")
    with store.lock(running.key):
        statuses = [status.cell_status(store, c) for c in cells]
    assert [s.kind for s in statuses] == ["done", "running", "interrupted", "failed", "missing"]
    assert statuses[1].text == "running: epoch 2 of 4, val 50.0 %"
    assert statuses[3].text == "failed: MemoryError: no room"
    # The finished cell took 6 s for the last two epochs; one process has 2 + 2 + 4 + 4 epochs left.
    assert status.seconds_left(statuses) == pytest.approx(36)
    store.write(done.key, {**DONE, "trained_together": [0, 1, 2]})
    assert status.seconds_left([status.cell_status(store, done), *statuses[1:]]) == pytest.approx(3 * 36)
    assert status.summary(statuses) == "1 done, 1 running, 1 interrupted, 1 failed, 1 missing; about 36 s left"
    assert "a                    seed 4  missing" in text(store, cells)


def test_no_time_estimate_without_finished_and_running_cells(store, cell):
    cells = [cell("a", seed) for seed in range(2)]
    with store.lock(cells[0].key):
        assert text(store, cells).splitlines()[-1] == "1 running, 1 missing"
    store.write(cells[0].key, DONE)
    assert text(store, cells).splitlines()[-1] == "1 done, 1 missing"


def test_watch_ends_when_all_cells_are_done(store, cell, monkeypatch):
    made = cell()

    def work(seconds):
        store.write(made.key, DONE)

    monkeypatch.setattr(status.time, "sleep", work)
    console = Console(file=io.StringIO())
    status.watch(store, [made], console)
    assert console.file.getvalue().strip().endswith("1 done")


def test_ctrl_c_ends_watch(store, cell, monkeypatch):
    def interrupt(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(status.time, "sleep", interrupt)
    status.watch(store, [cell()], Console(file=io.StringIO()))
