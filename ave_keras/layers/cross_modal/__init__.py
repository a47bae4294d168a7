"""Layers of the networks after 2018, in which modalities attend to each other, and the decision of two-headed ones."""

from ave_keras.layers.cross_modal.contrastive_branch import ContrastiveBranch
from ave_keras.layers.cross_modal.cosine_similarity import CosineSimilarity
from ave_keras.layers.cross_modal.event_decision import EventDecision
from ave_keras.layers.cross_modal.gated_scaling import GatedScaling
from ave_keras.layers.cross_modal.guided_pooling import GuidedPooling
from ave_keras.layers.cross_modal.positive_sample_propagation import PositiveSamplePropagation
from ave_keras.layers.cross_modal.spatial_channel_attention import SpatialChannelAttention
from ave_keras.layers.cross_modal.top_k_pooling import TopKPooling
from ave_keras.layers.cross_modal.transformer import (
    FeedForward,
    Interaction,
    RelativeAttention,
    ResidualAttention,
    TemporalDecoder,
    TemporalEncoder,
)
from ave_keras.layers.cross_modal.unscaled_attention import UnscaledAttention
from ave_keras.layers.cross_modal.visual_guided_audio import VisualGuidedAudio

__all__ = [
    "ContrastiveBranch",
    "CosineSimilarity",
    "EventDecision",
    "FeedForward",
    "GatedScaling",
    "GuidedPooling",
    "Interaction",
    "PositiveSamplePropagation",
    "RelativeAttention",
    "ResidualAttention",
    "SpatialChannelAttention",
    "TemporalDecoder",
    "TemporalEncoder",
    "TopKPooling",
    "UnscaledAttention",
    "VisualGuidedAudio",
]
