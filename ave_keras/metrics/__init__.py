"""Metrics of the paper."""

from ave_keras.metrics.attention_scores import attention_mass, pointing_game, source_area
from ave_keras.metrics.segment_accuracy import SegmentAccuracy

__all__ = ["SegmentAccuracy", "attention_mass", "pointing_game", "source_area"]
