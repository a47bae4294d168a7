"""What a cell costs: memory that is really held, and epochs by a clock that is set by hand."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from benchmarks.execution import resource_usage
from benchmarks.execution.cell import run_cell
from benchmarks.execution.devices import device
from benchmarks.execution.resource_usage import EpochSeconds, PeakMemory
from benchmarks.results.store import Store
from benchmarks.results.summary import pace

BLOCK = 200 << 20
CPU = device() == "CPU"
linux = pytest.mark.skipif(not resource_usage.CLEAR.exists(), reason="Linux forgets a peak where it is told to")


@linux
def test_the_peak_is_of_its_own_time():
    def hold():
        np.ones(BLOCK, "uint8")

    first = PeakMemory()
    hold()
    high, second = first.read()["process"], PeakMemory()
    low = second.read()["process"]
    assert high - low > 0.9 * BLOCK
    assert not CPU or second.read()["device"] is None


def test_where_the_system_does_not_tell(monkeypatch, tmp_path):
    monkeypatch.setattr(resource_usage, "CLEAR", tmp_path / "no" / "such")
    found = PeakMemory().read()
    assert found == {"process": None, "device": None if CPU else found["device"]}


class Slow(keras.callbacks.Callback):
    """A clock of its own: half a second for every step, much more for validation and at the end of an epoch."""

    now = 0

    def on_train_batch_end(self, batch, logs=None):
        self.now += 0.5

    def on_test_end(self, logs=None):
        self.now += 100

    def on_epoch_end(self, epoch, logs=None):
        self.now += 1000


@pytest.mark.parametrize("validation", [None, (np.ones((2, 3)), np.ones((2, 1)))])
def test_epochs_are_timed_without_validation(validation, monkeypatch):
    slow, clock, x = Slow(), EpochSeconds(), np.ones((8, 3))
    monkeypatch.setattr(resource_usage, "time", SimpleNamespace(perf_counter=lambda: slow.now))
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    options = {"batch_size": 2, "epochs": 2, "validation_data": validation, "verbose": 0}
    model.fit(x, x[:, :1], callbacks=[clock, slow], **options)
    assert clock.steps == 4 and clock.seconds == [2, 2]


def test_seconds_per_epoch_leave_the_first_out():
    assert pace({"epoch_seconds": [9.0, 1.0, 2.0]}) == 1.5 and pace({"epoch_seconds": [9.0]}) == 9
    assert pace({}) is None and pace({"epoch_seconds": []}) is None


def test_a_record_says_what_it_cost(tmp_path, folder, cell):
    record = run_cell(cell(), folder, Store(tmp_path))
    assert len(record["epoch_seconds"]) == 4 and 0 < sum(record["epoch_seconds"]) < record["seconds"]
    assert record["steps_per_epoch"] == 3
    assert record["peak_memory"].keys() == {"process", "device"}
    assert not resource_usage.CLEAR.exists() or record["peak_memory"]["process"] > 50e6


@pytest.mark.parametrize(
    ("backend", "peaks", "told"), [("jax", [7, 7], None), ("jax", [7, 9], 9), ("torch", [7, 7], 7)]
)
def test_a_peak_that_jax_cannot_forget_is_not_told_of_a_later_cell(monkeypatch, backend, peaks, told):
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    found = iter(peaks)
    monkeypatch.setattr(resource_usage, "_device_peak", lambda forget=False: next(found))
    assert PeakMemory().read()["device"] == told
