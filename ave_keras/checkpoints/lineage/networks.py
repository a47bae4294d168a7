"""The released networks after 2018: their layers, names, unused tensors and pickled classes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ave_keras.checkpoints.lineage import names
from ave_keras.errors import AVEError
from ave_keras.layers import ContrastiveBranch

if TYPE_CHECKING:
    import keras

# Stacked encoder and decoder layers are copies of a template that PyTorch registers, too.
TEMPLATES = r"\w+_(encoder|decoder)\.(encoder|decoder)_layer\."
DECODER_SELF = r"\w+_decoder\.decoder\.layers\.0\.self_attn\."
SCA = "spatial_channel_att"

PROJECTIONS = {
    "audio_hidden": (names.dense, "fa.0"),
    "audio_projection": (names.dense, "fa.1"),
    "visual_hidden": (names.dense, "fv.0"),
    "visual_projection": (names.dense, "fv.1"),
}
ATTENDED = {"attention": (names.guided_attention, "attention.")}
STREAMS = {"lstm_audio": (names.bilstm, "lstm_a_v.lstm_audio"), "lstm_visual": (names.bilstm, "lstm_a_v.lstm_video")}
PROPAGATION = {"propagation": (names.propagation, "psp")}
CLASSIFIER = {"head": (names.dense, "L1"), "logits": (names.dense, "L2")}
TWO_HEADS = {
    "event_classifier": (names.dense, "event_classifier.0"),
    "category_logits": (names.dense, "category_classifier.0"),
}
FEATURES = {"visual_features": (names.dense, "v_fc")}
CHANNELS = {"attention": (names.spatial_channel_attention, SCA)}
CELLS = {"cell_attention": (names.cell_attention, SCA)}
POOLING = {"background_pooling": (names.background_pooling, SCA)}
RELATIONS = {
    "visual_encoder": (names.encoder, "video_encoder"),
    "visual_decoder": (names.decoder, "video_decoder"),
    "audio_encoder": (names.encoder, "audio_encoder"),
    "audio_decoder": (names.decoder, "audio_decoder"),
}
RECURRENT = {
    "lstm_audio": (names.bilstm, "audio_visual_rnn_layer.audio_rnn"),
    "lstm_visual": (names.bilstm, "audio_visual_rnn_layer.visual_rnn"),
}
GATES = {"audio_gate": (names.dense, "audio_gated.0"), "visual_gate": (names.dense, "video_gated.0")}
VISUAL_INTERACTION = {"visual_interaction": (names.interaction, "AVInter")}
INTERACTIONS = {**VISUAL_INTERACTION, "audio_interaction": (names.interaction, "VAInter")}
EVENT_HEAD = {"event_classifier": (names.dense, "localize_module.classifier")}
STREAM_SCORES = {"audio_scores": (names.dense, "audio_cas"), "visual_scores": (names.dense, "video_cas")}
CACE = {
    **RELATIONS,
    **RECURRENT,
    **GATES,
    **INTERACTIONS,
    **EVENT_HEAD,
    "class_scores": (names.dense, "localize_module.event_classifier"),
    "contrastive": (names.contrastive, "localize_module.encoder_q.0"),
    **STREAM_SCORES,
}
AUDIO_SIDE = {"cell_norm": (names.normalization, f"{SCA}.v_norm"), "audio_guidance": (names.audio_guidance, SCA)}
CACE_UNUSED = rf"{TEMPLATES}|{DECODER_SELF}|a_fc\."


@dataclass(frozen=True)
class Network:
    """One released network.

    Attributes:
        name: Its name in errors.
        layers: `{layer of ours: (function of names, released name)}`, of all layers with weights.
        unused: A regular expression for the start of the names of tensors that the forward pass does not use.
        fix: What to load, in errors.
    """

    name: str
    layers: dict[str, tuple[Callable, str]]
    unused: str
    fix: str

    def weights(self, model: keras.Model, *, partial: bool = False) -> list:
        """The weights of `model` with their released names.

        Raises:
            AVEError: A weight has no released name, unless `partial`.
        """
        found = [w for ours, (part, name) in self.layers.items() for w in part(model.get_layer(ours), name)]
        named = {id(v) for weight in found for v in weight.variables}
        named |= {id(layer.switch) for layer in model.layers if isinstance(layer, ContrastiveBranch)}
        for variable in model.weights:
            if id(variable) not in named and not partial:
                raise AVEError(
                    f"{model.name!r} is not one of the released networks",
                    key=variable.path,
                    expected=f"a weight of {self.name} with a released name",
                )
        return found

    def skips(self, name: str) -> bool:
        """Whether the forward pass of the released network does not use the tensor of this name."""
        return bool(re.match(f"(?:{self.unused})", name)) if self.unused else False


PSP_FILES = "Use PSP_fully.pt for psp, PSP_weakly.pt for w_psp"
OWN = "Use a state dict of the released code of {} with the same supervision and sizes"
NETWORKS = (
    Network(
        "PSP",
        {**PROJECTIONS, **ATTENDED, **STREAMS, **PROPAGATION, **CLASSIFIER},
        r"(linear_v|v_classify|a_classify|L3|L4)\.",
        PSP_FILES,
    ),
    Network(
        "PSP, weak",
        {
            "visual_projection": (names.dense, "linear_v"),
            **ATTENDED,
            **STREAMS,
            **PROPAGATION,
            "importance": (names.dense, "W3"),
            **CLASSIFIER,
        },
        r"temperature$|(W1|W2)\.",
        PSP_FILES,
    ),
    Network(
        "CPSP",
        {**PROJECTIONS, **ATTENDED, **STREAMS, **PROPAGATION, **TWO_HEADS},
        r"(linear_v|v_classify|a_classify|L1|L2)\.",
        OWN.format("CPSP"),
    ),
    Network(
        "AVSDN",
        {
            "lstm_audio": (names.bilstm, "lstm_audio"),
            "lstm_visual": (names.bilstm, "lstm_video"),
            "lstm_joint": (names.bilstm, "lstm_a_v"),
            "attention": (names.guided_attention, ""),
            **TWO_HEADS,
            "mixing": (names.mixing, ""),
        },
        "",
        OWN.format("AVSDN"),
    ),
    Network(
        "CMRAN",
        {
            **CHANNELS,
            **FEATURES,
            **RELATIONS,
            **VISUAL_INTERACTION,
            **EVENT_HEAD,
            "category_logits": (names.dense, "localize_module.event_classifier"),
        },
        rf"{TEMPLATES}|{DECODER_SELF}|{SCA}\.affine_video_guided_",
        OWN.format("CMRAN"),
    ),
    Network(
        "CMBS",
        {
            **CHANNELS,
            **CELLS,
            **POOLING,
            "cell_norm": (names.normalization, f"{SCA}.norm"),
            **FEATURES,
            **RELATIONS,
            **RECURRENT,
            **GATES,
            **INTERACTIONS,
            **EVENT_HEAD,
            "class_scores": (names.dense, "localize_module.event_classifier"),
            **STREAM_SCORES,
        },
        rf"{TEMPLATES}|{DECODER_SELF}|{SCA}\.ave_bottleneck\.|(video|audio)_norm\.",
        "Use Supervised_model.pth.tar of CMBS, or WeaklySupervised_model.pth.tar for weak supervision",
    ),
    Network(
        "CMBS, weak",
        {
            **CHANNELS,
            **CELLS,
            **POOLING,
            "cell_norm": (names.normalization, f"{SCA}.norm"),
            **FEATURES,
            **RELATIONS,
            **INTERACTIONS,
            **GATES,
            "class_scores": (names.convolution, "CAS_model.classifier.0"),
            **STREAM_SCORES,
        },
        rf"{TEMPLATES}|{DECODER_SELF}|{SCA}\.ave_bottleneck\.|classifier\.",
        "Use WeaklySupervised_model.pth.tar of CMBS, or Supervised_model.pth.tar for full supervision",
    ),
    Network(
        "CACE-Net",
        {
            **CHANNELS,
            **CELLS,
            "guide_attention": (names.second_cell_attention, SCA),
            **POOLING,
            **AUDIO_SIDE,
            **FEATURES,
            **CACE,
        },
        rf"{CACE_UNUSED}|{SCA}\.(ave_bottleneck|v_norm2)\.",
        OWN.format("CACE-Net, guide Co-Guide or Audio-Guide,"),
    ),
    Network(
        "CACE-Net, visual guide",
        {**CELLS, **AUDIO_SIDE, **FEATURES, **CACE},
        rf"{CACE_UNUSED}|{SCA}\.(ave_bottleneck|v_norm2|affine_\w+|ave_v_att)\.",
        OWN.format("CACE-Net, guide Visual-Guide,"),
    ),
    Network(
        "CACE-Net, no guide",
        {**FEATURES, **CACE},
        CACE_UNUSED,
        OWN.format("CACE-Net, guide None,"),
    ),
)
#: The classes of whole pickled modules whose network is known.
CLASSES = {"fully_model.psp_net": "PSP", "weakly_model.psp_net": "PSP, weak"}


def network_of(model: keras.Model) -> Network | None:
    """The released network with the layers of `model`; None for another model.

    The layers with weights decide, because a model may have any name.
    """
    found = {layer.name for layer in model.layers if layer.weights}
    return next((network for network in NETWORKS if network.layers.keys() == found), None)
