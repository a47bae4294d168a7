"""Resource usage: real memory, and epochs timed with a simulated clock."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from benchmarks.execution import resource_usage
from benchmarks.execution.cell import run_cell
from benchmarks.execution.devices import device
from benchmarks.execution.resource_usage import EpochSeconds, PeakMemory
from benchmarks.results.store import Store
from benchmarks.results.summary import seconds_per_epoch

BLOCK = 200 << 20
CPU = device() == "CPU"
linux = pytest.mark.skipif(not resource_usage.CLEAR.exists(), reason="needs Linux to reset the peak")


@linux
def test_the_peak_is_reset():
    def allocate():
        np.ones(BLOCK, "uint8")

    first = PeakMemory()
    allocate()
    high, second = first.read()["process"], PeakMemory()
    low = second.read()["process"]
    assert high - low > 0.9 * BLOCK
    assert not CPU or second.read()["device"] is None


def test_memory_on_systems_without_a_peak(monkeypatch, tmp_path):
    monkeypatch.setattr(resource_usage, "CLEAR", tmp_path / "no" / "such")
    peak = PeakMemory().read()
    assert peak == {"process": None, "device": None if CPU else peak["device"]}


class Slow(keras.callbacks.Callback):
    """A simulated clock: half a second per step, much more for validation and at the end of an epoch."""

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


def test_seconds_per_epoch_without_the_first():
    assert seconds_per_epoch({"epoch_seconds": [9.0, 1.0, 2.0]}) == 1.5
    assert seconds_per_epoch({"epoch_seconds": [9.0]}) == 9
    assert seconds_per_epoch({}) is None and seconds_per_epoch({"epoch_seconds": []}) is None


def test_the_record_contains_resource_usage(tmp_path, folder, cell):
    record = run_cell(cell(), folder, Store(tmp_path))
    assert len(record["epoch_seconds"]) == 4 and 0 < sum(record["epoch_seconds"]) < record["seconds"]
    assert record["steps_per_epoch"] == 3
    assert record["peak_memory"].keys() == {"process", "device"}
    assert not resource_usage.CLEAR.exists() or record["peak_memory"]["process"] > 50e6


@pytest.mark.parametrize(
    ("backend", "peaks", "expected"), [("jax", [7, 7], None), ("jax", [7, 9], 9), ("torch", [7, 7], 7)]
)
def test_jax_does_not_report_the_peak_of_an_earlier_cell(monkeypatch, backend, peaks, expected):
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    readings = iter(peaks)
    monkeypatch.setattr(resource_usage, "_device_peak", lambda reset=False: next(readings))
    assert PeakMemory().read()["device"] == expected
