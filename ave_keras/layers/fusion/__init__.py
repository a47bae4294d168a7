"""Fusion layers with the same interface: `(audio (..., d_a), visual (..., d_v)) -> (..., d)`."""

from ave_keras.layers.fusion.additive import Additive
from ave_keras.layers.fusion.bilinear import Bilinear
from ave_keras.layers.fusion.concat import Concat
from ave_keras.layers.fusion.dmrn import DMRN
from ave_keras.layers.fusion.gated import Gated
from ave_keras.layers.fusion.gated_bilinear import GatedBilinear
from ave_keras.layers.fusion.gmu import GMU
from ave_keras.layers.fusion.max_pooling import MaxPooling
from ave_keras.layers.fusion.mrn import MRN

__all__ = ["DMRN", "GMU", "MRN", "Additive", "Bilinear", "Concat", "Gated", "GatedBilinear", "MaxPooling"]
