"""Gated fusion: one modality gates the dimensions of the other."""

import keras
from keras import ops

from ave_keras.layers.fusion.base import MODALITIES, Fusion


def split_gate(audio, visual, gate):
    """Returns `(gate, gated)`: the sigmoid of one projection, and the other projection."""
    return (ops.sigmoid(audio), visual) if gate == "audio" else (ops.sigmoid(visual), audio)


@keras.saving.register_keras_serializable(package="ave_keras")
class Gated(Fusion):
    """`h = s(U a) * V v`, or the reverse: `h = U a * s(V v)`; s is the sigmoid.

    Args:
        units: d, the width of the joint vector.
        gate: The modality under the sigmoid, `"audio"` or `"visual"`; the paper does not specify it.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        audio: `(..., d_a)`.
        visual: `(..., d_v)` with the same leading axes.

    Returns:
        `(..., units)`.

    Raises:
        AVEError: `units` is below 1, `gate` is unknown, or the leading axes of the inputs differ.

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
        """Projects both inputs and applies the gate."""
        gate, gated = split_gate(self.audio_projection(audio), self.visual_projection(visual), self.gate)
        return gate * gated

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "gate": self.gate}
