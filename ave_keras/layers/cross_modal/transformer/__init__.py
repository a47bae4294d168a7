"""Attention over seconds, as in transformers: the blocks that CMRAN, CMBS and CACE-Net share."""

from ave_keras.layers.cross_modal.transformer.feed_forward import FeedForward
from ave_keras.layers.cross_modal.transformer.interaction import Interaction
from ave_keras.layers.cross_modal.transformer.relative_attention import RelativeAttention
from ave_keras.layers.cross_modal.transformer.residual_attention import ResidualAttention
from ave_keras.layers.cross_modal.transformer.temporal_decoder import TemporalDecoder
from ave_keras.layers.cross_modal.transformer.temporal_encoder import TemporalEncoder

__all__ = ["FeedForward", "Interaction", "RelativeAttention", "ResidualAttention", "TemporalDecoder", "TemporalEncoder"]
