"""Layers, one per file: a pure function in `keras.ops` and a class with the weights."""

from ave_keras.layers import fusion
from ave_keras.layers.audio_guided_attention import AudioGuidedAttention
from ave_keras.layers.canonical_projection import CanonicalProjection
from ave_keras.layers.channel_normalization import ChannelNormalization
from ave_keras.layers.fusion import DMRN, GMU, MRN, Additive, Bilinear, Concat, Gated, GatedBilinear, MaxPooling
from ave_keras.layers.mil_pooling import MILPooling
from ave_keras.layers.pairwise_distance import PairwiseDistance
from ave_keras.layers.proposals import ProposalDecoding, StructuredPyramidPooling
from ave_keras.layers.spatial_average_pooling import SpatialAveragePooling

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
    "Gated",
    "GatedBilinear",
    "MILPooling",
    "MaxPooling",
    "PairwiseDistance",
    "ProposalDecoding",
    "SpatialAveragePooling",
    "StructuredPyramidPooling",
    "fusion",
]
