"""Trains an entry without some classes, and scores the seconds of these and of the known ones."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

import zoo
from ave_keras.data import AVE, without_classes
from ave_keras.errors import AVEError
from ave_keras.localization.unknown import METHODS, known_classes
from ave_keras.metrics import with_temperature
from ave_keras.models.files import read_metadata, read_model
from benchmarks.unknown.summary import Scored
from zoo.evaluation.segments import segment_probabilities
from zoo.training.callbacks import BestModel
from zoo.training.metadata import run_metadata
from zoo.training.vectors import on_vectors


def measure(
    name: str, ave: AVE, held_out: Sequence[str], seed: int, recipe: dict[str, Any], verbose: int = 0
) -> dict[str, Scored]:
    """Trains an entry without the classes `held_out`, and returns `{method: Scored}`.

    Args:
        name: The entry.
        ave: The data set with all classes.
        held_out: The names of those to leave out.
        seed: The seed of the weights and the order of the videos.
        recipe: Changes to the entry's recipe.
        verbose: As in `keras.Model.fit`.

    Raises:
        AVEError: An entry that matches sound and picture; unknown classes; no test second of one kind.
    """
    entry = zoo.entry(name).with_recipe(**recipe)
    if entry.task == "matching":
        raise AVEError("this entry has no classes", key="--entry", expected="an entry of Table 1 or 2", found=name)
    known_ave = without_classes(ave, held_out)
    left_out = [row for row in ave.split("test") if ave.annotations[row].class_name in held_out]
    rows = {"known": known_ave.split("test"), "held_out": np.array(left_out, "int64")}
    events = {kind: ave.labels[numbers][..., -1] == 0 for kind, numbers in rows.items()}
    if empty := [kind for kind, event in events.items() if not event.any()]:
        raise AVEError("the test split has no event of these classes", file=ave.folder, key="test", found=empty)
    with tempfile.TemporaryDirectory(prefix="ave-unknown-") as folder:
        path = Path(folder) / "model.keras"
        _train(entry, known_ave, seed, path, recipe, verbose)
        model, metadata = read_model(path, compile=False), read_metadata(path)
        stored = {method: known_classes(path, method) for method in METHODS if method in metadata.get("unknown", {})}
    inputs = tuple(symbol.name for symbol in model.inputs)
    data = {kind: known_ave.dataset(numbers, modalities=inputs) for kind, numbers in rows.items()}
    answers = {kind: segment_probabilities(model, batches) for kind, batches in data.items()}
    called = {kind: answer.argmax(-1) < len(known_ave.class_names) for kind, answer in answers.items()}
    accuracy = (answers["known"].argmax(-1) == known_ave.labels[rows["known"]].argmax(-1)).mean()
    if temperature := metadata.get("temperature"):
        answers = {kind: with_temperature(answer, temperature) for kind, answer in answers.items()}
    found = {}
    for method, known in stored.items():
        scores = {kind: known.scores(model, data[kind], answers[kind]) for kind in data}
        marked = {k: ((scores[k] > known.threshold) & called[k])[events[k]].mean() for k in scores}
        parts = {kind: _by_video(rows[kind], scores[kind], events[kind]) for kind in scores}
        found[method] = Scored(
            known=parts["known"],
            held_out=parts["held_out"],
            called={row: value for k in rows for row, value in _by_video(rows[k], called[k], events[k]).items()},
            known_marked=float(marked["known"]),
            held_out_marked=float(marked["held_out"]),
            held_out_called_events=float(called["held_out"][events["held_out"]].mean()),
            accuracy=float(accuracy),
        )
    return found


def _by_video(rows, values, events):
    """`{row: (n,) values of the seconds with an event}` of the videos that have any."""
    return {int(row): v[e] for row, v, e in zip(rows, values, events, strict=True) if e.any()}


def _train(entry, ave, seed, path, recipe, verbose):
    keras.utils.set_random_seed(seed)
    model = zoo.load(entry.name, recipe=recipe, **ave.spec)
    learner, data = on_vectors(model, ave)
    best = BestModel(path, f"val_{entry.monitor}", run_metadata(entry, ave, seed), model)
    zoo.training.fit(entry, learner, data, seed=seed, callbacks=[best], verbose=verbose)
    zoo.training.calibrate(path, ave)
