"""Entries without attention, trained on visual maps that are averaged once instead of in every step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import keras

from ave_keras.data.storage.pooling import pooled
from ave_keras.layers import SpatialAveragePooling

if TYPE_CHECKING:
    from ave_keras.data.ave import AVE


def on_vectors(model: keras.Model, ave: AVE, folder: str | Path | None = None) -> tuple[keras.Model, AVE]:
    """A model and data that learn the same with less work: `(learner, data)`.

    A model that does nothing with its maps but average them gets a twin that takes the means, `(B, T, d)`: the same
    layers, weights and optimizer, so that what the twin learns the model has learned, to a float's rounding.

    Args:
        model: compiled.
        ave: the data set.
        folder: where the means are kept, see `ave_keras.data.storage.pooling.pooled`.

    Returns:
        The twin and the pooled data set; `(model, ave)` as they are where the model needs the maps, or takes none.
    """
    learner = twin(model)
    return (learner, pooled(ave, folder)) if learner else (model, ave)


def twin(model: keras.Model) -> keras.Model | None:
    """The model from the means on; all but the input is shared. None where there is nothing to average."""
    pooling = next((layer for layer in model.layers if isinstance(layer, SpatialAveragePooling)), None)
    if pooling is None:
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
