"""One cell, run in a worker process: train, choose on validation, score the test split once, store."""

import time
from dataclasses import dataclass
from functools import lru_cache

import keras

import zoo
from ave_keras.data import AVE
from benchmarks.execution.record import record
from benchmarks.execution.resource_usage import EpochSeconds, PeakMemory
from benchmarks.execution.state import EpochState
from zoo.entry import Entry
from zoo.training import fit
from zoo.training.vectors import on_vectors


def run_cell(cell, folder, store, report=lambda epoch, logs: None):
    """Runs `cell` on the data set in `folder` and stores its record; goes on where an earlier run of it was cut off.

    Args:
        cell: a `grid.cells.Cell`; `vectorized_seeds.run_group` runs a `SeedGroup`.
        folder: of the data set.
        store: the `Store`.
        report: called with `(epochs done, logs)` after every epoch.

    Returns:
        The record, or None where another process is at the same cell.
    """
    with store.lock(cell.key) as alone:
        if not alone:
            return None
        ave = open_data(str(folder), bool(cell.data["bad_rows"]))
        return store.read(cell.key) or _train(cell, ave, store, report)


@lru_cache(maxsize=1)
def open_data(folder, skip_bad):
    """The `AVE` in a folder; cells that run in turn share it."""
    return AVE.from_directory(folder, skip_bad=skip_bad)


@dataclass
class Begun:
    """A cell that is ready to train or to go on: its entry, the model, what it learns from, and its `EpochState`."""

    cell: object
    entry: Entry
    model: keras.Model
    ave: AVE
    state: EpochState
    done: int


def begin(cell, ave, store, report=lambda epoch, logs: None):
    """Builds the model of a cell, with its seed's first weights or where it was cut off; returns a `Begun`."""
    entry = cell.resolve()
    keras.backend.clear_session()
    keras.utils.set_random_seed(cell.seed)
    model = zoo.load(cell.entry, protocol=cell.protocol, recipe=cell.recipe, **ave.spec)
    model, ave = on_vectors(model, ave, store.means(cell.data))
    state = EpochState(store.state(cell.key), f"val_{entry.monitor}", report)
    return Begun(cell, entry, model, ave, state, state.resume(model))


def _train(cell, ave, store, report):
    started, clock, memory = time.time(), EpochSeconds(), PeakMemory()
    begun = begin(cell, ave, store, report)
    recipe, model, state = begun.entry.recipe, begun.model, begun.state
    if begun.done < recipe.epochs:
        options = {"seed": cell.seed, "first_epoch": begun.done, "callbacks": [clock, state], "verbose": 0}
        fit(begun.entry, model, begun.ave, **options)
    model.set_weights(state.best)
    found = record(begun, model, time.time() - started, clock, memory)
    store.write(cell.key, found)
    return found
