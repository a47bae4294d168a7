"""Maps the parameter names of the authors' released networks to the weights of our models."""

from dataclasses import dataclass

import keras
import numpy as np

from ave_keras.errors import AVEError
from ave_keras.layers import AudioGuidedAttention, MILPooling
from ave_keras.layers.fusion import DMRN

LSTMS = {"lstm_audio": "lstm_audio", "lstm_visual": "lstm_video"}
# `g` stands for guide: the audio term.
ATTENTION = {
    "audio_projection": "affine_audio",
    "visual_projection": "affine_video",
    "visual_score": "affine_v",
    "audio_score": "affine_g",
}
FUSION = {"visual_hidden": "U_v.0", "visual_output": "U_v.2", "audio_hidden": "U_a.0", "audio_output": "U_a.2"}
DENSE = {"head": "L1", "logits": "L2"}
# The order of the released state dicts.
ORDER = [*LSTMS.values(), *ATTENTION.values(), "affine_h", *FUSION.values(), *DENSE.values()]
#: The classes of the released whole-module files, and their networks.
NETWORKS = {
    "models.att_Net": "A+V-att",
    "models_fusion.TBMRF_Net": "DMRN",
    "models_weakly.att_Net": "W-A+V-att",
}


@dataclass(frozen=True)
class Weight:
    """One weight of our model.

    Attributes:
        variable: The `keras.Variable`.
        names: The released name, or two names for the sum of two arrays: PyTorch's LSTMs have two biases.
    """

    variable: keras.Variable
    names: tuple

    @property
    def variables(self):
        """The variable, alone in a tuple."""
        return (self.variable,)

    @property
    def shape(self):
        """The shape of the released array, in which kernels are transposed."""
        return tuple(self.variable.shape[::-1])

    @property
    def value(self):
        """The value in the layout of the released array, NumPy."""
        return np.ascontiguousarray(keras.ops.convert_to_numpy(self.variable).T)

    def assign(self, value):
        """Sets the weight from an array in the layout of the released one."""
        self.variable.assign(value.T)


def released_weights(model, *, partial=False):
    """The weights of a localizer as a list of `Weight`, in the order of the released files.

    Args:
        model: The localizer.
        partial: Whether to skip weights without a released name.

    Raises:
        AVEError: A weight has no released name, as in fusions other than concatenation and DMRN.
    """
    # Not by variable paths, which are shorter in reloaded models.
    found = [weight for layer in model.layers for weight in _of_layer(layer)]
    named = {id(weight.variable) for weight in found}
    for variable in model.weights:
        if id(variable) not in named and not partial:
            raise AVEError(
                f"{model.name!r} is not one of the released networks",
                key=variable.path,
                expected="a weight with a released name",
                fix="Use a localizer with concatenation or one DMRN block",
            )
    return sorted(found, key=lambda weight: ORDER.index(weight.names[0].rpartition(".")[0]))


def _of_layer(layer):
    if layer.name in LSTMS:
        name = LSTMS[layer.name]
        for suffix, lstm in (("", layer.forward_layer), ("_reverse", layer.backward_layer)):
            yield Weight(lstm.cell.kernel, (f"{name}.weight_ih_l0{suffix}",))
            yield Weight(lstm.cell.recurrent_kernel, (f"{name}.weight_hh_l0{suffix}",))
            yield Weight(lstm.cell.bias, (f"{name}.bias_ih_l0{suffix}", f"{name}.bias_hh_l0{suffix}"))
    elif isinstance(layer, AudioGuidedAttention):
        for ours, name in ATTENTION.items():
            yield from _of_dense(getattr(layer, ours), name)
        yield Weight(layer.score_kernel, ("affine_h.weight",))
    elif isinstance(layer, DMRN):
        for ours, name in FUSION.items():
            yield from _of_dense(getattr(layer, ours)[0], name)
    elif layer.name in DENSE:
        yield from _of_dense(layer, DENSE[layer.name])


def _of_dense(layer, name):
    yield Weight(layer.kernel, (f"{name}.weight",))
    if layer.use_bias:
        yield Weight(layer.bias, (f"{name}.bias",))


def network_of(model):
    """The one of `NETWORKS` with the structure of the model; None for parts of them, such as V-att."""
    layers = {layer.name for layer in model.layers}
    if not {"attention", "lstm_audio", "lstm_visual", "logits"} <= layers:
        return None
    weak = any(isinstance(layer, MILPooling) for layer in model.layers)
    if "head" in layers:
        return "W-A+V-att" if weak else "A+V-att"
    return "DMRN" if "fusion" in layers and not weak else None


def differences(model):
    """Lists, as texts, how `model` differs from the released code with the same weights."""
    texts = []
    for layer in model.layers:
        if isinstance(layer, AudioGuidedAttention) and layer.audio_axis != "cells":
            texts.append("attention adds the audio term along the hidden units, the released code along the cells")
        if isinstance(layer, MILPooling) and layer.pooling != "max":
            texts.append(f"MIL pooling takes the {layer.pooling}, the released code the maximum")
        if isinstance(layer, DMRN) and layer.blocks > 1 and not layer.swapped:
            texts.append("DMRN keeps the residuals in their streams, the released code swaps them")
    return texts
