"""Gated multimodal bilinear fusion."""

import keras

from ave_keras.layers.fusion.base import MODALITIES
from ave_keras.layers.fusion.bilinear import Bilinear
from ave_keras.layers.fusion.gated import split_gate


@keras.saving.register_keras_serializable(package="ave_keras")
class GatedBilinear(Bilinear):
    """`h = s(U a) x (V v)`, the outer product of a gate and a projection, or the reverse; s is the sigmoid.

    Cost and low-rank form as in `Bilinear`.

    Args:
        units: projections have this width; the result has `units^2`, or `units` in the low-rank form.
        gate: `"audio"` or `"visual"`, the modality under the sigmoid; the paper does not say which.
        rank: None for the full outer product, or the rank of the low-rank form.
        **kwargs: `name`, `dtype`, as for every Keras layer.

    Call arguments:
        audio: `(..., d_a)`.
        visual: `(..., d_v)` with the same leading axes.

    Returns:
        `(..., units^2)`, or `(..., units)` with `rank`.

    Raises:
        AVEError: `units` or `rank` below 1, an unknown `gate`, or inputs whose leading axes differ.

    Example:

    >>> GatedBilinear(32)(keras.random.normal((2, 10, 128)), keras.random.normal((2, 10, 512))).shape
    (2, 10, 1024)

    Reference:
        Kiela et al., AAAI 2018; "GMB" in Tian et al., ECCV 2018, Table 2.
    """

    def __init__(self, units=32, gate="audio", rank=None, **kwargs):
        super().__init__(units, rank, **kwargs)
        self.gate = self.choice("gate", gate, MODALITIES)

    def call(self, audio, visual):
        """Projects, gates and multiplies."""
        return self.combine(*split_gate(self.audio_projection(audio), self.visual_projection(visual), self.gate))

    def get_config(self):
        """Constructor arguments, JSON-able."""
        return {**super().get_config(), "gate": self.gate}
