"""What an encoder is: two small protocols."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class AudioEncoder(Protocol):
    """Sound to features. Any object with these attributes will do.

    Attributes:
        name: for people and the manifest.
        dim: d, the size of a feature.
        rate: samples per second that it hears.
        weights: where its weights come from, a sentence.
    """

    name: str
    dim: int
    rate: int
    weights: str

    def __call__(self, waveform):
        """`(T, rate)` float32 in [-1, 1], a row per second, to `(T, dim)` float32."""


@runtime_checkable
class VisualEncoder(Protocol):
    """Pictures to features. Any object with these attributes will do.

    Attributes:
        name: for people and the manifest.
        shape: `(h, w, c)` of a feature.
        size: `(H, W)` that pictures are resized to.
        frames_per_second: n, pictures of a second, at its beginning and every 1/n after.
        weights: where its weights come from, a sentence.
    """

    name: str
    shape: tuple
    size: tuple
    frames_per_second: int
    weights: str

    def __call__(self, frames):
        """`(T, n, H, W, 3)` uint8, RGB, to `(T, h, w, c)` float32."""
