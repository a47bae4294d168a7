"""Fusions of one contract: `(audio (..., d_a), visual (..., d_v)) -> (..., d)`."""

from ave_keras.layers.fusion.concat import Concat

__all__ = ["Concat"]
