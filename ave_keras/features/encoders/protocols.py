"""The protocols of audio and visual encoders."""

from typing import Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class AudioEncoder(Protocol):
    """Encodes sound as features. Any object with these attributes is an encoder.

    Attributes:
        name: A name for messages and the manifest.
        dim: d, the size of a feature.
        rate: The sample rate of its input, in samples per second.
        weights: The source of its weights, as text.
    """

    name: str
    dim: int
    rate: int
    weights: str

    def __call__(self, waveform: np.ndarray) -> np.ndarray:
        """Encodes `(T, rate)` float32 in [-1, 1], one row per second, as `(T, dim)` float32."""


@runtime_checkable
class VisualEncoder(Protocol):
    """Encodes pictures as features. Any object with these attributes is an encoder.

    Attributes:
        name: A name for messages and the manifest.
        shape: The `(h, w, c)` of a feature.
        size: The `(H, W)` of its input pictures.
        frames_per_second: n, the number of pictures per second, the first at the start of the second.
        weights: The source of its weights, as text.
    """

    name: str
    shape: tuple
    size: tuple
    frames_per_second: int
    weights: str

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Encodes `(T, n, H, W, 3)` uint8, RGB, as `(T, h, w, c)` float32."""
