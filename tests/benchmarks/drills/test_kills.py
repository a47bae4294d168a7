import json

import keras
import numpy as np
import pytest

from ave_keras.runtime.packages import installed
from benchmarks.drills import kills
from benchmarks.execution.cell import run_cell
from benchmarks.results.store import Store

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="processes and files, as of every backend")


def besiege(folder, backend):
    return kills.Siege(folder, backend, np.random.default_rng(1), ("a",), seeds=1, epochs=4, workers=1)


@pytest.fixture
def siege(tmp_path_factory, monkeypatch):
    """Nothing is killed; its cells are run in this process."""

    def run_cells(cells, data, store, executor, console):
        for cell in cells:
            run_cell(cell, data, store)

    monkeypatch.setattr(kills, "run_cells", run_cells)
    return besiege(tmp_path_factory.mktemp("siege"), "torch")


def test_two_kills(tmp_path):
    siege = besiege(tmp_path, "jax" if installed("jax") else "torch")  # JAX is imported in half the time.
    siege.run(2)
    assert siege.kills.total() == 2
    assert siege.wrong == []


def copy(siege, folder):
    store = Store(folder)
    for key, record in Store(siege.folder / "whole").records().items():
        store.write(key, record)
    return store


@pytest.mark.parametrize("damage", ["lost", "changed", "half", "broken"])
def test_damage_is_found(siege, tmp_path, damage):
    store = copy(siege, tmp_path)
    (first,) = (tmp_path / "cells").iterdir()
    siege._judge(store)
    assert siege.wrong == []
    record = json.loads(first.read_text())
    if damage == "lost":
        first.unlink()
    elif damage == "changed":
        first.write_text(json.dumps({**record, "best_epoch": record["best_epoch"] + 1}))
    elif damage == "half":
        (tmp_path / "running" / f".{first.stem}.npz.123-abc").touch()
    else:
        first.write_text(first.read_text()[:100])
    siege._judge(store)
    assert siege.wrong


def test_a_second_write_is_found(siege, tmp_path):
    store, times = copy(siege, tmp_path), {}
    siege._judge_times(store, times)
    assert siege.wrong == []
    key, record = next(iter(store.records().items()))
    store.write(key, record)
    siege._judge_times(store, times)
    assert "written twice" in siege.wrong[0]
