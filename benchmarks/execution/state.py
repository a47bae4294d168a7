"""The state of a cell between two epochs, exact to the bit: a resumed run equals one that was never stopped."""

import json

import keras
import numpy as np

from benchmarks.execution.devices import random_state, set_random_state
from benchmarks.results.files import atomic, set_aside
from benchmarks.results.state_file import DAMAGED, read_state


class EpochState(keras.callbacks.Callback):
    """Writes model, optimizer, history and the best weights after every epoch, in one file and at once.

    Args:
        path: of the `.npz` file.
        monitor: key of the validation score; the first epoch of the highest score is kept as the best.
        report: called with `(epochs done, logs)` after every epoch.
    """

    def __init__(self, path, monitor, report=lambda epoch, logs: None):
        super().__init__()
        self.path, self.monitor, self.report = path, monitor, report
        self.history, self.best, self.best_epoch, self.generators = [], None, None, []

    def resume(self, model):
        """Puts the stored state into a compiled `model`; returns the number of epochs done.

        A damaged file is set aside, and the cell begins anew.
        """
        try:
            # All of it, before anything of the model is changed.
            held, arrays = read_state(self.path)
        except FileNotFoundError:
            return 0
        except DAMAGED:
            set_aside(self.path)
            return 0
        model.optimizer.build(model.trainable_variables)
        for i, variable in enumerate(_variables(model)):
            variable.assign(arrays[f"variable_{i}"])
        self.generators = [arrays[f"random_{i}"] for i in range(held["generators"])]
        if held["best_epoch"] is not None:
            self.best = [arrays[f"best_{i}"] for i in range(len(model.weights))]
        self.history, self.best_epoch = held["history"], held["best_epoch"]
        return len(self.history)

    def on_epoch_begin(self, epoch, logs=None):
        """Puts generators back; not before, since Keras draws from them when it builds the model."""
        set_random_state(self.generators)
        self.generators = []

    def on_epoch_end(self, epoch, logs=None):
        """Notes the epoch, looks whether it is the best, writes."""
        logs = {key: float(value) for key, value in (logs or {}).items()}
        self.history.append(logs)
        if self.monitor in logs and (self.best is None or logs[self.monitor] > self.best_score):
            self.best, self.best_epoch = self.model.get_weights(), epoch
        self.write()
        self.report(epoch + 1, logs)

    def write(self):
        """Replaces the file."""
        generators = random_state()
        held = {"history": self.history, "best_epoch": self.best_epoch, "generators": len(generators)}
        arrays = {f"variable_{i}": keras.ops.convert_to_numpy(v) for i, v in enumerate(_variables(self.model))}
        arrays |= {f"random_{i}": state for i, state in enumerate(generators)}
        arrays |= {f"best_{i}": weight for i, weight in enumerate(self.best or [])}
        with atomic(self.path) as temporary, temporary.open("wb") as file:
            np.savez(file, held=json.dumps(held), **arrays)

    @property
    def best_score(self):
        """The score of the best epoch so far."""
        return self.history[self.best_epoch][self.monitor]


def _variables(model):
    # The model's variables hold the random generators of its dropout layers, too.
    return [*model.variables, *model.optimizer.variables]
