"""Metrics of the paper."""

from ave_keras.metrics.segment_accuracy import SegmentAccuracy

__all__ = ["SegmentAccuracy"]
