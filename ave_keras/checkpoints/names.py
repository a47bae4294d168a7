"""The released names: which parameter of the authors' networks is which weight of ours."""

from dataclasses import dataclass

import keras
import numpy as np

from ave_keras.errors import AVEError
from ave_keras.layers import AudioGuidedAttention, MILPooling
from ave_keras.layers.fusion import DMRN

LSTMS = {"lstm_audio": "lstm_audio", "lstm_visual": "lstm_video"}
# `g` guides: it is the term of the sound.
ATTENTION = {
    "audio_projection": "affine_audio",
    "visual_projection": "affine_video",
    "visual_score": "affine_v",
    "audio_score": "affine_g",
}
FUSION = {"visual_hidden": "U_v.0", "visual_output": "U_v.2", "audio_hidden": "U_a.0", "audio_output": "U_a.2"}
DENSE = {"head": "L1", "logits": "L2"}
# As the released state dicts have them.
ORDER = [*LSTMS.values(), *ATTENTION.values(), "affine_h", *FUSION.values(), *DENSE.values()]
#: Classes of the released whole-module files, and what they are.
NETWORKS = {
    "models.att_Net": "A+V-att",
    "models_fusion.TBMRF_Net": "DMRN",
    "models_weakly.att_Net": "W-A+V-att",
}


@dataclass(frozen=True)
class Weight:
    """One weight of ours.

    Attributes:
        variable: the `keras.Variable`.
        names: its released name, or two whose arrays add up to it: PyTorch's LSTMs have two biases.
    """

    variable: keras.Variable
    names: tuple

    @property
    def shape(self):
        """Of the released array: kernels are transposed there."""
        return tuple(self.variable.shape[::-1])

    @property
    def value(self):
        """As the released array has it, NumPy."""
        return np.ascontiguousarray(keras.ops.convert_to_numpy(self.variable).T)


def released(model, *, partial=False):
    """The weights of a localizer as `Weight`s, in the order of the released files.

    Args:
        model: a localizer.
        partial: leave out weights that have no released name.

    Raises:
        AVEError: a weight has no counterpart in the released code, as in fusions other than concatenation and DMRN.
    """
    # Not by the variables' paths: those of a model that was saved and read are shorter.
    found = [weight for layer in model.layers for weight in _of_layer(layer)]
    known = {id(weight.variable) for weight in found}
    for variable in model.weights:
        if id(variable) not in known and not partial:
            raise AVEError(
                f"{model.name!r} is not among the released networks",
                key=variable.path,
                expected="a weight that the released code has too",
                fix="Only localizers with concatenation or one DMRN block have released names",
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


def network(model):
    """Which of `NETWORKS` the model has the shape of; None for parts of them, such as V-att."""
    layers = {layer.name for layer in model.layers}
    if not {"attention", "lstm_audio", "lstm_visual", "logits"} <= layers:
        return None
    weak = any(isinstance(layer, MILPooling) for layer in model.layers)
    if "head" in layers:
        return "W-A+V-att" if weak else "A+V-att"
    return "DMRN" if "fusion" in layers and not weak else None


def differences(model):
    """In what the function of `model` differs from that of the released code with the same weights, a list of texts."""
    found = []
    for layer in model.layers:
        if isinstance(layer, AudioGuidedAttention) and layer.audio_axis != "cells":
            found.append(
                "attention adds the term of the sound along the hidden units, the released code along the cells"
            )
        if isinstance(layer, MILPooling) and layer.pooling != "max":
            found.append(f"MIL pooling takes the {layer.pooling}, the released code the maximum")
        if isinstance(layer, DMRN) and layer.blocks > 1 and not layer.swapped:
            found.append("the residuals of DMRN stay in their streams, the released code exchanges them")
    return found
