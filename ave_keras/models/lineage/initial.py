"""PyTorch's initial weight distributions in the lineage networks, as in their released code."""

import math

import keras
from keras import layers

from ave_keras.layers import AudioGuidedAttention, PositiveSamplePropagation, TemporalEncoder
from ave_keras.models.initial import bound


def draw_torch_initial(model, xavier=()):
    """Redraws all weights of a lineage network from PyTorch's distributions, with Keras' global random generator.

    - Dense layers: kernel and bias uniform in ±1/sqrt(fan_in). Kernels are Xavier-uniform where the released code uses
      it: in the audio-guided attention, in the positive sample propagation, and in the layers of `xavier`.
    - LSTMs: all weights uniform in ±1/sqrt(units); the Keras bias is the sum of PyTorch's two.
    - Multi-head attention: the kernels of query, key and value are Xavier-uniform as one matrix of three times the
      width; the kernel of the result is uniform in ±1/sqrt(width); biases are zero.
    - The blocks of an encoder are copies of the first, and differ only after training.
    - Normalizations keep ones and zeros.

    Args:
        model: A model built by a function of `models.lineage`.
        xavier: The names of further dense layers with Xavier-uniform kernels.
    """
    for layer in model.layers:
        everywhere = isinstance(layer, AudioGuidedAttention | PositiveSamplePropagation) or layer.name in xavier
        for part in layer._flatten_layers():
            _draw(part, everywhere)
        if isinstance(layer, TemporalEncoder):
            _copy_first_block(layer)


def _draw(layer, xavier):
    if isinstance(layer, layers.LSTM):
        cell, limit = layer.cell, 1 / math.sqrt(layer.units)
        for weight in (cell.kernel, cell.recurrent_kernel):
            weight.assign(_uniform(weight, limit))
        cell.bias.assign(_uniform(cell.bias, limit) + _uniform(cell.bias, limit))
    elif isinstance(layer, layers.MultiHeadAttention):
        width = layer.num_heads * layer.key_dim
        for part in (layer.query_dense, layer.key_dense, layer.value_dense):
            part.kernel.assign(_uniform(part.kernel, bound(width, 3 * width, xavier=True)))
            part.bias.assign(keras.ops.zeros(part.bias.shape))
        layer.output_dense.kernel.assign(_uniform(layer.output_dense.kernel, 1 / math.sqrt(width)))
        layer.output_dense.bias.assign(keras.ops.zeros(layer.output_dense.bias.shape))
    elif isinstance(layer, layers.Dense):
        fan_in, fan_out = layer.kernel.shape
        layer.kernel.assign(_uniform(layer.kernel, bound(fan_in, fan_out, xavier)))
        if layer.use_bias:
            layer.bias.assign(_uniform(layer.bias, bound(fan_in, fan_out, xavier=False)))
    elif isinstance(layer, AudioGuidedAttention):
        layer.score_kernel.assign(_uniform(layer.score_kernel, bound(*layer.score_kernel.shape, xavier=True)))


def _copy_first_block(encoder):
    for blocks in (encoder.attentions, encoder.feed_forwards):
        for block in blocks[1:]:
            block.set_weights(blocks[0].get_weights())


def _uniform(variable, limit):
    return keras.random.uniform(variable.shape, -limit, limit)
