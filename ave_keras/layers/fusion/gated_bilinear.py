"""Gated multimodal bilinear fusion."""

import keras

from ave_keras.layers.fusion.base import MODALITIES
from ave_keras.layers.fusion.bilinear import Bilinear
from ave_keras.layers.fusion.gated import split_gate


@keras.saving.register_keras_serializable(package="ave_keras")
class GatedBilinear(Bilinear):
    """`h = s(U a) x (V v)`, the outer product of a gate and a projection, or the reverse; s is the sigmoid.

    For the cost and the low-rank form, see `Bilinear`.

    Args:
        units: The width of the projections. The result has `units^2` entries, or `units` in the low-rank form.
        gate: The modality under the sigmoid, `"audio"` or `"visual"`; the paper does not specify it.
        rank: The rank of the low-rank form, or None for the full outer product.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        audio: `(..., d_a)`.
        visual: `(..., d_v)` with the same leading axes.

    Returns:
        `(..., units^2)`, or `(..., units)` with `rank`.

    Raises:
        AVEError: `units` or `rank` is below 1, `gate` is unknown, or the leading axes of the inputs differ.

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
        """Projects both inputs, applies the gate and multiplies."""
        return self.combine(*split_gate(self.audio_projection(audio), self.visual_projection(visual), self.gate))

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "gate": self.gate}
