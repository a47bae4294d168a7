"""The features by which a model decides about every second."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np

from ave_keras.errors import AVEError

if TYPE_CHECKING:
    import keras

    from ave_keras.data.dataset import AVEDataset


def second_features(
    model: keras.Model, dataset: AVEDataset | dict[str, np.ndarray], layer: str | None = None
) -> np.ndarray:
    """The fused features of every second, NumPy `(N, T, d)` float32, such as for `ave_keras.plots.embedding_figure`.

    They are what the last layer with weights takes for every second: in most entries the classifier. Where that layer
    fuses the answers of two modalities, they are its output.

    Args:
        model: A model of the zoo that localizes events.
        dataset: An `AVEDataset`, or a dict of arrays.
        layer: The name of a layer to take the output of instead.

    Raises:
        AVEError: The model has no such layer, or no features per second, such as SSN, which decides about windows.

    Example:

    >>> features = second_features(model, ave.dataset("test"))
    """
    import keras

    made = keras.Model(model.input, _named(model, layer) if layer else _before_the_answer(model))
    with getattr(dataset, "errors", contextlib.nullcontext)():
        return np.asarray(made.predict(dataset, verbose=0), "float32")


def _named(model, name):
    try:
        found = model.get_layer(name).output
    except ValueError:
        known = [layer.name for layer in model.layers]
        raise AVEError("no such layer", key="layer", expected=f"one of {known}", found=repr(name)) from None
    if not hasattr(found, "shape") or len(found.shape) != 3:
        raise AVEError("the layer has no features per second", key="layer", expected="(B, T, d)", found=repr(name))
    return found


def _before_the_answer(model):
    """What the last layer with weights that takes `(B, T, d)` takes, or makes of several such inputs."""
    answers = model.output if isinstance(model.output, dict) else {"segments": model.output}
    if "segments" not in answers:
        expected = "a model that localizes events"
        raise AVEError("the model has no features per second", expected=expected, found=f"outputs {list(answers)}")
    segments = answers["segments"].shape[1]
    for layer in reversed(model.layers):
        # A layer that is used twice has no input of its own.
        if layer.weights and len(layer._inbound_nodes) == 1:
            taken = layer.output if isinstance(layer.input, list | tuple | dict) else layer.input
            if hasattr(taken, "shape") and len(taken.shape) == 3 and taken.shape[1] == segments:
                return taken
    raise AVEError("the model has no features per second", fix="Name a layer of the model")
