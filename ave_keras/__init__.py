"""Audio-visual event localization in Keras 3: the layers, models, data and measures of the AVE paper (ECCV 2018)."""

# ruff: noqa: E402 - a backend that is missing must be told before the first import of Keras fails.
from ave_keras.optional import import_keras

import_keras()

from ave_keras import layers, losses, matching, metrics, models, optimizers
from ave_keras.attention import attention_maps
from ave_keras.errors import AVEError
from ave_keras.localization import localize

__version__ = "0.1.0"
__all__ = ["AVEError", "attention_maps", "layers", "localize", "losses", "matching", "metrics", "models", "optimizers"]
