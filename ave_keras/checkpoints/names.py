"""The released names: which parameter of the authors' networks is which weight of ours."""

from dataclasses import dataclass

import keras
import numpy as np

from ave_keras.errors import AVEError
from ave_keras.layers import AudioGuidedAttention, MILPooling

# In the order of the released state dicts. `g` guides: it is the term of the sound.
LAYERS = {
    "lstm_audio": "lstm_audio",
    "lstm_visual": "lstm_video",
    "attention/audio_projection": "affine_audio",
    "attention/visual_projection": "affine_video",
    "attention/visual_score": "affine_v",
    "attention/audio_score": "affine_g",
    "attention": "affine_h",
    "fusion/visual_hidden_0": "U_v.0",
    "fusion/visual_output_0": "U_v.2",
    "fusion/audio_hidden_0": "U_a.0",
    "fusion/audio_output_0": "U_a.2",
    "head": "L1",
    "logits": "L2",
}
#: Classes of the released whole-module files, and what they are.
NETWORKS = {
    "models.att_Net": "A+V-att",
    "models_fusion.TBMRF_Net": "DMRN",
    "models_weakly.att_Net": "W-A+V-att",
}
LSTM = {"kernel": ("weight_ih_l0",), "recurrent_kernel": ("weight_hh_l0",), "bias": ("bias_ih_l0", "bias_hh_l0")}
DENSE = {"kernel": ("weight",), "score_kernel": ("weight",), "bias": ("bias",)}


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


def released(model):
    """The weights of a localizer as `Weight`s, in the order of the released files.

    Raises:
        AVEError: a weight has no counterpart in the released code, as in fusions other than concatenation and DMRN.
    """
    found = []
    for variable in model.weights:
        layer, *inner, own = variable.path.split("/")
        if layer.startswith("lstm_"):
            suffix = "_reverse" if inner[0].startswith("backward") else ""
            names = tuple(f"{name}{suffix}" for name in LSTM[own])
        else:
            layer, names = "/".join([layer, *inner]), DENSE.get(own, ())
        if layer not in LAYERS or not names:
            raise AVEError(
                f"{model.name!r} is not among the released networks",
                key=variable.path,
                expected=f"layers among {list(LAYERS)}",
                found=layer,
                fix="Only localizers with concatenation or one DMRN block have released names",
            )
        position = list(LAYERS).index(layer)
        found.append((position, Weight(variable, tuple(f"{LAYERS[layer]}.{name}" for name in names))))
    return [weight for _, weight in sorted(found, key=lambda pair: pair[0])]


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
    return found
