"""The attention maps of any model in which the sound attends to the picture."""

import weakref

import keras
import numpy as np

from ave_keras.errors import AVEError
from ave_keras.layers import AudioGuidedAttention, SpatialChannelAttention

ATTENTION = (AudioGuidedAttention, SpatialChannelAttention)
# The attention model of each model, because a backend compiles a new one anew.
_attention_models: weakref.WeakKeyDictionary[keras.Model, keras.Model] = weakref.WeakKeyDictionary()


def has_attention(model: keras.Model) -> bool:
    """Whether `model` has attention maps."""
    return _attention(model) is not None


def _attention(model):
    layers = (layer for layer in model.layers if isinstance(layer, ATTENTION))
    return next((layer for layer in layers if isinstance(layer.output, list | tuple)), None)


def attention_model(model: keras.Model) -> keras.Model:
    """A model from the inputs of `model` to its attention maps `(B, T, H, W)`; it shares the weights.

    Raises:
        AVEError: `model` has no layer of `ATTENTION` called with `return_attention_scores=True`.
    """
    layer = _attention(model)
    if layer is None:
        raise AVEError(
            f"model {model.name!r} has no attention",
            expected=f"a layer {' or '.join(x.__name__ for x in ATTENTION)}, with return_attention_scores=True",
            found=sorted({type(layer).__name__ for layer in model.layers}),
            fix="Use an entry with attention: zoo.list('*att*')",
        )
    return keras.Model(model.inputs, layer.output[1], name=f"{model.name}_attention")


def attention_maps(
    model: keras.Model, x: dict[str, np.ndarray] | keras.utils.PyDataset, batch_size: int = 32
) -> np.ndarray:
    """The attention weights of every segment, NumPy `(B, T, H, W)`, which sum to one over (H, W).

    Args:
        model: Any model with audio-guided attention, spatial or spatial-channel, such as `zoo.load("av_att")`.
        x: `{"audio": (B, T, d_a), "visual": (B, T, H, W, d_v)}` arrays, or a data set of such batches.
        batch_size: Batch size of the prediction, if `x` contains arrays.

    Example:

    >>> maps = ave_keras.attention_maps(model, {"audio": audio, "visual": visual})

    Reference:
        Tian et al., ECCV 2018, Eq. 3, Fig. 5 and 6.
    """
    arrays = {"batch_size": batch_size} if isinstance(x, dict) else {}
    if model not in _attention_models:
        _attention_models[model] = attention_model(model)
    return _attention_models[model].predict(x, verbose=0, **arrays)
