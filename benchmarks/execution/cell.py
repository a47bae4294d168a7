"""Runs one cell in a worker process: trains, picks the best epoch on validation, scores the test split, stores."""

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
    """Runs a cell and stores its record; an interrupted cell resumes after its last epoch.

    Args:
        cell: The `grid.cells.Cell`; for a `SeedGroup` see `vectorized_seeds.run_group`.
        folder: The folder of the data set.
        store: The `Store`.
        report: A function that is called with `(epochs done, logs)` after every epoch.

    Returns:
        The record, or None if another process is running the cell.
    """
    with store.lock(cell.key) as acquired:
        if not acquired:
            return None
        ave = open_data(str(folder), bool(cell.data["bad_rows"]))
        return store.read(cell.key) or _train(cell, ave, store, report)


@lru_cache(maxsize=1)
def open_data(folder, skip_bad):
    """The `AVE` in a folder, cached for the next cells of this process."""
    return AVE.from_directory(folder, skip_bad=skip_bad)


@dataclass
class StartedCell:
    """A cell that is ready to train or resume.

    Attributes:
        cell: The `grid.cells.Cell`.
        entry: Its resolved entry.
        model: The compiled model, with the first weights or those of the last epoch.
        ave: The data set to train on, pooled if the model takes means.
        state: The `EpochState` that stores its progress.
        done: The number of finished epochs.
    """

    cell: object
    entry: Entry
    model: keras.Model
    ave: AVE
    state: EpochState
    done: int


def build_cell(cell, ave, store):
    """`(entry, model, data set)` of a cell: the compiled model with its first weights, on means if it takes them."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(cell.seed)
    model = zoo.load(cell.entry, protocol=cell.protocol, recipe=cell.recipe, **cell.model, **ave.spec)
    return cell.resolve(), *on_vectors(model, ave, store.pooled_folder(cell.data))


def start_cell(cell, ave, store, report=lambda epoch, logs: None):
    """Builds the model of a cell and restores its state, if any; returns a `StartedCell`. See `run_cell`."""
    entry, model, ave = build_cell(cell, ave, store)
    state = EpochState(store.state(cell.key), f"val_{entry.monitor}", report)
    return StartedCell(cell, entry, model, ave, state, state.resume(model))


def _train(cell, ave, store, report):
    start_time, clock, memory = time.time(), EpochSeconds(), PeakMemory()
    started = start_cell(cell, ave, store, report)
    recipe, model = started.entry.recipe, started.model
    if started.done < recipe.epochs:
        options = {"seed": cell.seed, "first_epoch": started.done, "callbacks": [clock, started.state], "verbose": 0}
        fit(started.entry, model, started.ave, **options)
    return finish(started, model, time.time() - start_time, clock, memory, store)


def finish(started, model, seconds, clock, memory, store, **details):
    """Scores the best weights of a trained cell and stores its record; returns the record.

    Args:
        started: The `StartedCell`.
        model: A model of its architecture.
        seconds: The run time of the cell.
        clock: The `EpochSeconds` of its epochs.
        memory: The `PeakMemory`.
        store: The `Store`.
        **details: Further values for the record.
    """
    cell, state = started.cell, started.state
    model.set_weights(state.best)
    result = record(started, model, seconds, clock, memory) | details
    if cell.score != "test":
        store.write_weights(cell.key, state.best)
    store.write(cell.key, result)
    return result
