"""Training without attention on visual maps that are averaged once, instead of in every step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import keras

from ave_keras.data.storage.pooling import pooled
from ave_keras.layers import SpatialAveragePooling

if TYPE_CHECKING:
    from ave_keras.data.ave import AVE


def on_vectors(model: keras.Model, ave: AVE, folder: str | Path | None = None) -> tuple[keras.Model, AVE]:
    """An equivalent model and data set that train faster.

    A model that only averages its visual maps can take the means, `(B, T, d)`, instead. The returned model shares
    layers, weights and optimizer with the given one: training one trains the other.

    Args:
        model: The compiled model.
        ave: The data set.
        folder: The folder to cache the means in, see `ave_keras.data.storage.pooling.pooled`.

    Returns:
        The model on means and the pooled data set; `(model, ave)` unchanged if the model does not average maps.
    """
    learner = model_on_means(model)
    return (learner, pooled(ave, folder)) if learner else (model, ave)


def model_on_means(model: keras.Model) -> keras.Model | None:
    """The part of a model behind the averaging of its maps, with shared layers; None if it does not average."""
    pooling = next((layer for layer in model.layers if isinstance(layer, SpatialAveragePooling)), None)
    # Models may also average maps that other layers have made.
    if pooling is None or pooling.input is not model.input["visual"]:
        return None
    inputs = {
        key: keras.Input(pooling.output.shape[1:] if key == "visual" else x.shape[1:], dtype=x.dtype, name=key)
        for key, x in model.input.items()
    }
    made = keras.models.clone_model(
        model,
        inputs,
        clone_function=lambda layer: layer,
        call_function=lambda layer, *args, **kwargs: args[0] if layer is pooling else layer(*args, **kwargs),
    )
    made.optimizer = model.optimizer
    return made
