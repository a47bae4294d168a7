"""Converts a model and compares the result with Keras, in a process with TensorFlow as backend."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np

from ave_keras.exporting.portable import in_float32, output_names, portable

if TYPE_CHECKING:
    from ave_keras.exporting.formats import Format

# Number of videos, and of seconds where a model takes any, of the compared batches. Two sizes detect fixed ones.
BATCHES = ((1, 5), (3, 8))


def convert(model: keras.Model, path: str | Path, form: Format) -> None:
    """Writes `model` to `path` in a format, without the warnings of the converters."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exported = portable(model, form.unroll)
        # Keras exports models to ONNX only after they were called once.
        exported(next(batches(exported)))
        exported.export(str(path), format=form.keras, verbose=False)


def difference(model: keras.Model, path: str | Path, form: Format) -> float:
    """The largest difference between the outputs of the exported file and of Keras, over two random batches.

    Differences are absolute for outputs below 1, such as probabilities, else relative to the largest output.

    Returns:
        A float; infinite if an output is missing or has another shape.
    """
    run, model = form.open(path), in_float32(model)
    return float(np.max([_apart(model, run, x) for x in batches(model)]))


def batches(model: keras.Model) -> Iterator[dict[str, np.ndarray]]:
    """Random non-negative features `{"audio": …, "visual": …}` for each of `BATCHES`."""
    rng = np.random.default_rng(0)
    for videos, seconds in BATCHES:
        shapes = {s.name: (videos, s.shape[1] or seconds, *s.shape[2:]) for s in model.inputs}
        yield {name: np.abs(rng.normal(size=shape)).astype("float32") for name, shape in shapes.items()}


def _apart(model, run, x):
    expected = keras.tree.flatten(model(x, training=False))
    found = run(x)
    pairs = zip(output_names(model).values(), map(keras.ops.convert_to_numpy, expected), strict=True)
    return np.max([_distance(found.get(name), value) for name, value in pairs])


def _distance(found, expected):
    if found is None or found.shape != expected.shape:
        return np.inf
    return np.abs(found - expected).max() / max(1, np.abs(expected).max())
