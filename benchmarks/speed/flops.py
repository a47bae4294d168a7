"""Counts the floating-point operations of a model's weight products."""

import math

# Segments per video, for models that take any number.
SEGMENTS = 10


def weight_products(model):
    """The floating-point operations of the forward products of activations and weight matrices, for one video.

    Each matrix entry costs a multiplication and an addition per row that it is applied to: per segment in a dense
    layer, per map cell and segment in attention. Biases, activations and softmax do not count, so they appear as lost
    time in a ratio to the machine's matmul rate.

    Args:
        model: The built Keras model.
    """
    return 2 * sum(_rows(layer) * _entries(layer) for layer in model._flatten_layers(include_self=False))


def _entries(layer):
    # The matrices of a recurrent layer are in its cell, but only the layer has the number of segments.
    holder = getattr(layer, "cell", layer)
    return sum(math.prod(w.shape) for w in holder._trainable_variables if len(w.shape) > 1)


def _rows(layer):
    config = layer.get_build_config() or {}
    shape = config.get("input_shape")
    # Layers with several inputs have a list of shapes, and no weights.
    if shape is None or len(shape) < 3 or isinstance(shape[0], list | tuple):
        return 0
    return math.prod(SEGMENTS if axis is None else axis for axis in shape[1:-1])
