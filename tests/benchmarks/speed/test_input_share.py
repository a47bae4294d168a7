import keras
import pytest

from benchmarks.speed.input_share import input_share

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="does not depend on the backend")


class Batches(keras.utils.PyDataset):
    def __init__(self, size):
        super().__init__()
        self.size, self.seen = size, []

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        self.seen.append(index)


class Machine:
    """A clock and a model. Steps from a file take 1/0.6 of the time of steps from memory; both slow down over time."""

    now, seconds = 0.0, 6.0

    def perf_counter(self):
        return self.now

    def train(self, steps=1):
        self.now += steps * self.seconds

    def fit(self, data, callbacks, **kwargs):
        self.seconds += 1
        for n in range(len(data)):
            data[n]
            # No batch is prefetched for the first steps.
            self.now += 100 if n < 3 else self.seconds / 0.6
            callbacks[0].on_train_batch_end(n, {})
        self.seconds += 1


@pytest.mark.parametrize(("batches", "timed", "at_once"), [(15, 15, 1), (25, 24, 3), (64, 64, 100)])
def test_input_share(monkeypatch, batches, timed, at_once):
    machine, data = Machine(), Batches(batches)
    monkeypatch.setattr("benchmarks.speed.input_share.time", machine)
    assert input_share(machine, data, lambda: machine.train(at_once), at_once) == pytest.approx(40)
    assert data.seen == list(range(timed))


def test_too_few_steps():
    assert input_share(None, Batches(1), None) is None
