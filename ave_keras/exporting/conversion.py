"""Writes a model in a format, and runs what was written beside Keras. For a process whose backend is TensorFlow."""

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

# Videos and, where a model takes any, seconds of the batches that are compared: a file that knows one size only fails.
BATCHES = ((1, 5), (3, 8))


def convert(model: keras.Model, path: str | Path, form: Format) -> None:
    """Writes `model` to `path` in a `Format`; Keras' exceptions pass, its converters' warnings do not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        twin = portable(model, form.unroll)
        # Keras exports to ONNX what has been called, and a functional model need not have been.
        twin(next(batches(twin)))
        twin.export(str(path), format=form.keras, verbose=False)


def difference(model: keras.Model, path: str | Path, form: Format) -> float:
    """The largest difference of the exported file's answers to those of Keras, over two batches of random features.

    Absolute where answers are below 1, as probabilities are; relative to the largest of an output that is not.

    Returns:
        A float; infinite where outputs are missing or of another shape.
    """
    run, model = form.open(path), in_float32(model)
    return float(np.max([_apart(model, run, x) for x in batches(model)]))


def batches(model: keras.Model) -> Iterator[dict[str, np.ndarray]]:
    """Random features, non-negative as real ones are: `{"audio": …, "visual": …}` for each of `BATCHES`."""
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
