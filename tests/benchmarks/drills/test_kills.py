import json

import keras
import numpy as np
import pytest

from ave_keras.runtime.packages import installed
from benchmarks.drills import kills
from benchmarks.execution.cell import run_cell
from benchmarks.results.store import Store

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="does not depend on the backend")


def make_test(folder, backend):
    return kills.KillTest(folder, backend, np.random.default_rng(1), ("a",), seeds=1, epochs=4, workers=1)


@pytest.fixture
def kill_test(tmp_path_factory, monkeypatch):
    """A `KillTest` that has run its cells in this process and killed nothing."""

    def run_cells(cells, data, store, executor, console):
        for cell in cells:
            run_cell(cell, data, store)

    monkeypatch.setattr(kills, "run_cells", run_cells)
    return make_test(tmp_path_factory.mktemp("kills"), "torch")


def test_two_kills(tmp_path):
    kill_test = make_test(tmp_path, "jax" if installed("jax") else "torch")  # Importing JAX takes half the time.
    kill_test.run(2)
    assert kill_test.kills.total() == 2
    assert kill_test.errors == []


def copy_results(kill_test, folder):
    store = Store(folder)
    for key, record in Store(kill_test.folder / "whole").records().items():
        store.write(key, record)
    return store


@pytest.mark.parametrize("damage", ["lost", "changed", "half", "broken"])
def test_damaged_results_are_detected(kill_test, tmp_path, damage):
    store = copy_results(kill_test, tmp_path)
    (first,) = (tmp_path / "cells").iterdir()
    kill_test._check(store)
    assert kill_test.errors == []
    record = json.loads(first.read_text())
    if damage == "lost":
        first.unlink()
    elif damage == "changed":
        first.write_text(json.dumps({**record, "best_epoch": record["best_epoch"] + 1}))
    elif damage == "half":
        (tmp_path / "running" / f".{first.stem}.npz.123-abc").touch()
    else:
        first.write_text(first.read_text()[:100])
    kill_test._check(store)
    assert kill_test.errors


def test_a_second_write_is_detected(kill_test, tmp_path):
    store, times = copy_results(kill_test, tmp_path), {}
    kill_test._check_times(store, times)
    assert kill_test.errors == []
    key, record = next(iter(store.records().items()))
    store.write(key, record)
    kill_test._check_times(store, times)
    assert "written twice" in kill_test.errors[0]
