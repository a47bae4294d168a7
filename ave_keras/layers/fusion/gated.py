"""Gated fusion: one modality opens and closes the dimensions of the other."""

import keras
from keras import ops

from ave_keras.layers.fusion.base import MODALITIES, Fusion


def split_gate(audio, visual, gate):
    """`(gate, gated)`: the sigmoid of the projection that gates, and the projection that passes through it."""
    return (ops.sigmoid(audio), visual) if gate == "audio" else (ops.sigmoid(visual), audio)


@keras.saving.register_keras_serializable(package="ave_keras")
class Gated(Fusion):
    """`h = s(U a) * V v`, or the reverse: `h = U a * s(V v)`; s is the sigmoid.

    Args:
        units: d, the width of the joint vector.
        gate: `"audio"` or `"visual"`, the modality under the sigmoid; the paper does not say which.
        **kwargs: `name`, `dtype`, as for every Keras layer.

    Call arguments:
        audio: `(..., d_a)`.
        visual: `(..., d_v)` with the same leading axes.

    Returns:
        `(..., units)`.

    Raises:
        AVEError: `units` below 1, an unknown `gate`, or inputs whose leading axes differ.

    Example:

    >>> Gated(256, gate="visual")(keras.random.normal((2, 10, 128)), keras.random.normal((2, 10, 512))).shape
    (2, 10, 256)

    Reference:
        Kiela et al., AAAI 2018; Tian et al., ECCV 2018, Table 2.
    """

    def __init__(self, units=256, gate="audio", **kwargs):
        super().__init__(units, **kwargs)
        self.gate = self.choice("gate", gate, MODALITIES)

    def call(self, audio, visual):
        """Projects, and lets the gate through."""
        gate, gated = split_gate(self.audio_projection(audio), self.visual_projection(visual), self.gate)
        return gate * gated

    def get_config(self):
        """Constructor arguments, JSON-able."""
        return {**super().get_config(), "gate": self.gate}
