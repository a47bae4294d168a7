"""One cell, run in a worker process: train, choose on validation, score the test split once, store."""

import datetime
import os
import platform
import subprocess
import time
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import keras
import numpy as np

import zoo
from ave_keras.data import AVE
from benchmarks.devices import device, tf32
from benchmarks.effort import EpochSeconds, PeakMemory
from benchmarks.grid import SeedGroup
from benchmarks.state import EpochState
from zoo import matching
from zoo.entry import Entry
from zoo.evaluation import attention_scores
from zoo.training import eval_dataset, fit, segment_probabilities
from zoo.vectors import on_vectors

PACKAGES = ("ave-keras", "keras", "numpy", "tensorflow", "tensorflow-cpu", "jax", "torch")


def run_cell(cell, folder, store, report=lambda epoch, logs: None):
    """Runs `cell` on the data set in `folder` and stores its record; goes on where an earlier run of it was cut off.

    Args:
        cell: a `grid.Cell`, or a `grid.SeedGroup`, whose cells are trained in one program, see `together.run_group`.
        folder: of the data set.
        store: the `Store`.
        report: called with `(epochs done, logs)` after every epoch.

    Returns:
        The record, or None where another process is at the same cell. Of a group, no more than the mean
        `test_accuracy`.
    """
    if isinstance(cell, SeedGroup):
        from benchmarks.together import run_group

        return run_group(cell, folder, store, report)
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


def record(begun, model, seconds, clock, memory):
    """What is stored of a cell: its test score with `model`, which has the best weights, and how it came about.

    Args:
        begun: the `Begun`.
        model: to score.
        seconds: from the start of the cell, without what came before it was cut off.
        clock: the `EpochSeconds` of its epochs.
        memory: the `PeakMemory` that was made when it started.
    """
    state = begun.state
    scores = _score(begun.entry, model, begun.ave)
    return {
        "cell": begun.cell.__dict__,
        "entry": begun.entry.to_dict(),
        "parameters": model.count_params(),
        "history": state.history,
        "best_epoch": state.best_epoch,
        "val_accuracy": state.best_score,
        **scores,
        "seconds": seconds,
        "epoch_seconds": clock.seconds,
        "steps_per_epoch": clock.steps,
        "peak_memory": memory.read(),
        "resumed_after": begun.done,
        **_environment(),
    }


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


def _score(entry, model, ave):
    if entry.task == "matching":
        return _score_matching(model, ave)
    rows = ave.split("test")
    predicted = segment_probabilities(model, eval_dataset(entry, ave, "test")).argmax(-1)
    truth = ave.labels[rows].argmax(-1)
    accuracy = float((predicted == truth).mean())
    looks = attention_scores(model, ave, "test", entry.recipe.batch_size)
    return {
        "test_accuracy": accuracy,
        **({"metrics": {"accuracy": accuracy, **looks.metrics}, "trivial": looks.references} if looks else {}),
        "test": {"rows": rows.tolist(), "truth": truth.tolist(), "predicted": predicted.tolist()},
        "class_names": [*ave.class_names, "Background"],
    }


def _score_matching(model, ave):
    found = matching.evaluate(model, ave, "test")
    asked = found.asked
    return {
        "test_accuracy": found.accuracy,
        "metrics": found.metrics,
        "trivial": found.references,
        "test": {
            **{key: getattr(asked, key).tolist() for key in ("rows", "starts", "lengths")},
            **{direction: [np.flatnonzero(row).tolist() for row in a] for direction, a in found.answers.items()},
        },
    }


def _environment():
    return {
        "versions": {"python": platform.python_version(), **_versions()},
        "backend": keras.backend.backend(),
        "device": device(),
        "tf32": tf32(),
        "deterministic": bool(os.environ.get("AVE_KERAS_DETERMINISTIC")),
        "threads": int(os.environ.get("AVE_KERAS_THREADS", os.cpu_count())),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "commit": os.environ.get("AVE_KERAS_COMMIT") or commit(),
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _versions():
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit():
    """Of this checkout, with `+changes` where there are some; empty outside of one."""

    def git(*args):
        done = subprocess.run(["git", *args], cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        return git("rev-parse", "--short=12", "HEAD") + ("+changes" if git("status", "--porcelain", "-uno") else "")
    except OSError:
        return ""
