"""The state of a cell between two epochs, exact to the bit: a resumed run equals an uninterrupted one."""

import json

import keras
import numpy as np

from benchmarks.execution.devices import random_state, set_random_state
from benchmarks.results.files import atomic, set_aside
from benchmarks.results.state_file import DAMAGED, read_state


class EpochState(keras.callbacks.Callback):
    """Writes model, optimizer, history and best weights after every epoch, atomically to one file.

    Args:
        path: The `.npz` file to write.
        monitor: The key of the validation score; the best epoch is the first one with the highest score.
        report: A function that is called with `(epochs done, logs)` after every epoch.
    """

    def __init__(self, path, monitor, report=lambda epoch, logs: None):
        super().__init__()
        self.path, self.monitor, self.report = path, monitor, report
        self.history, self.best, self.best_epoch, self.generators = [], None, None, []

    def resume(self, model):
        """Loads the stored state into a compiled `model`; returns the number of finished epochs.

        A damaged file is renamed, and the cell starts again.
        """
        try:
            # Read the whole file before changing the model.
            progress, arrays = read_state(self.path)
        except FileNotFoundError:
            return 0
        except DAMAGED:
            set_aside(self.path)
            return 0
        model.optimizer.build(model.trainable_variables)
        for i, variable in enumerate(_variables(model)):
            variable.assign(arrays[f"variable_{i}"])
        self.generators = [arrays[f"random_{i}"] for i in range(progress["generators"])]
        if progress["best_epoch"] is not None:
            self.best = [arrays[f"best_{i}"] for i in range(len(model.weights))]
        self.history, self.best_epoch = progress["history"], progress["best_epoch"]
        return len(self.history)

    def on_epoch_begin(self, epoch, logs=None):
        """Restores the random generators; not earlier, since Keras draws from them to build the model."""
        set_random_state(self.generators)
        self.generators = []

    def on_epoch_end(self, epoch, logs=None):
        """Records the epoch, keeps its weights if it is the best, and writes the file."""
        logs = {key: float(value) for key, value in (logs or {}).items()}
        self.history.append(logs)
        if self.monitor in logs and (self.best is None or logs[self.monitor] > self.best_score):
            self.best, self.best_epoch = self.model.get_weights(), epoch
        self.write()
        self.report(epoch + 1, logs)

    def write(self):
        """Writes the state, replacing the file."""
        generators = random_state()
        progress = {"history": self.history, "best_epoch": self.best_epoch, "generators": len(generators)}
        arrays = {f"variable_{i}": keras.ops.convert_to_numpy(v) for i, v in enumerate(_variables(self.model))}
        arrays |= {f"random_{i}": state for i, state in enumerate(generators)}
        arrays |= {f"best_{i}": weight for i, weight in enumerate(self.best or [])}
        with atomic(self.path) as temporary, temporary.open("wb") as file:
            np.savez(file, held=json.dumps(progress), **arrays)

    @property
    def best_score(self):
        """The score of the best epoch so far."""
        return self.history[self.best_epoch][self.monitor]


def _variables(model):
    # The model's variables include the random generators of its dropout layers.
    return [*model.variables, *model.optimizer.variables]
