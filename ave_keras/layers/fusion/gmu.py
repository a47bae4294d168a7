"""The gated multimodal unit."""

import keras
from keras import ops

from ave_keras.layers.fusion.base import Fusion


def gated_unit(audio, visual, gate):
    """`z tanh(a) + (1 - z) tanh(v)` with `z = s(gate)`, all `(..., d)`."""
    z = ops.sigmoid(gate)
    return z * ops.tanh(audio) + (1 - z) * ops.tanh(visual)


@keras.saving.register_keras_serializable(package="ave_keras")
class GMU(Fusion):
    """A learned blend of two hidden vectors: `h = z * tanh(W_a a) + (1 - z) * tanh(W_v v)`, `z = s(W_z [a ; v])`.

    Args:
        units: d, the width of the joint vector.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        audio: `(..., d_a)`.
        visual: `(..., d_v)` with the same leading axes.

    Returns:
        `(..., units)`.

    Raises:
        AVEError: `units` is below 1, or the leading axes of the inputs differ.

    Example:

    >>> GMU(256)(keras.random.normal((2, 10, 128)), keras.random.normal((2, 10, 512))).shape
    (2, 10, 256)

    Reference:
        Arevalo et al., Gated multimodal units for information fusion, ICLR workshop 2017; Tian et al., ECCV 2018, Table
        2.
    """

    def build(self, audio_shape, visual_shape):
        """Creates `W_a`, `W_v` and `W_z`."""
        super().build(audio_shape, visual_shape)
        both = (*audio_shape[:-1], audio_shape[-1] + visual_shape[-1])
        self.gate_projection = self.dense(self.units, "gate_projection", both)

    def call(self, audio, visual):
        """Blends the hidden vectors of both inputs."""
        gate = self.gate_projection(ops.concatenate([audio, visual], axis=-1))
        return gated_unit(self.audio_projection(audio), self.visual_projection(visual), gate)
