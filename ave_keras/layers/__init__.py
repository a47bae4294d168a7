"""Layers, one per file: a pure function in `keras.ops` and a class with the weights."""

from ave_keras.layers import cross_modal, fusion
from ave_keras.layers.audio_guided_attention import AudioGuidedAttention
from ave_keras.layers.canonical_projection import CanonicalProjection
from ave_keras.layers.channel_normalization import ChannelNormalization
from ave_keras.layers.cross_modal import (
    ContrastiveBranch,
    CosineSimilarity,
    EventDecision,
    FeedForward,
    GatedScaling,
    GuidedPooling,
    Interaction,
    PositiveSamplePropagation,
    RelativeAttention,
    ResidualAttention,
    SpatialChannelAttention,
    TemporalDecoder,
    TemporalEncoder,
    TopKPooling,
    UnscaledAttention,
    VisualGuidedAudio,
)
from ave_keras.layers.fusion import DMRN, GMU, MRN, Additive, Bilinear, Concat, Gated, GatedBilinear, MaxPooling
from ave_keras.layers.mil_pooling import MILPooling
from ave_keras.layers.multi_scale_convolution import MultiScaleConvolution
from ave_keras.layers.pairwise_distance import PairwiseDistance
from ave_keras.layers.proposals import ProposalDecoding, StructuredPyramidPooling
from ave_keras.layers.spatial_average_pooling import SpatialAveragePooling
from ave_keras.layers.temporal_smoothing import TemporalSmoothing

__all__ = [
    "DMRN",
    "GMU",
    "MRN",
    "Additive",
    "AudioGuidedAttention",
    "Bilinear",
    "CanonicalProjection",
    "ChannelNormalization",
    "Concat",
    "ContrastiveBranch",
    "CosineSimilarity",
    "EventDecision",
    "FeedForward",
    "Gated",
    "GatedBilinear",
    "GatedScaling",
    "GuidedPooling",
    "Interaction",
    "MILPooling",
    "MaxPooling",
    "MultiScaleConvolution",
    "PairwiseDistance",
    "PositiveSamplePropagation",
    "ProposalDecoding",
    "RelativeAttention",
    "ResidualAttention",
    "SpatialAveragePooling",
    "SpatialChannelAttention",
    "StructuredPyramidPooling",
    "TemporalDecoder",
    "TemporalEncoder",
    "TemporalSmoothing",
    "TopKPooling",
    "UnscaledAttention",
    "VisualGuidedAudio",
    "cross_modal",
    "fusion",
]
