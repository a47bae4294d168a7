"""How many float operations the weight products of a model take."""

import math

# Of a video, where a model takes any number.
SEGMENTS = 10


def weight_products(model):
    """Float operations of one video's forward products of activations and weight matrices.

    Each entry of a matrix costs a multiplication and an addition per row it is applied to: per segment in a dense
    layer, per cell and segment in attention. Biases, activations and softmax are left out, so that a ratio to the
    machine's matmul rate counts them as lost time.
    """
    return 2 * sum(_rows(layer) * _entries(layer) for layer in model._flatten_layers(include_self=False))


def _entries(layer):
    # A recurrent layer holds its matrices in its cell, and the cell alone does not know the number of segments.
    holder = getattr(layer, "cell", layer)
    return sum(math.prod(w.shape) for w in holder._trainable_variables if len(w.shape) > 1)


def _rows(layer):
    config = layer.get_build_config() or {}
    shape = config.get("input_shape")
    # Layers that join several inputs have a list of shapes, and no weights.
    if shape is None or len(shape) < 3 or isinstance(shape[0], list | tuple):
        return 0
    return math.prod(SEGMENTS if axis is None else axis for axis in shape[1:-1])
