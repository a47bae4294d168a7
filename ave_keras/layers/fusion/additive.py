"""Additive fusion."""

import keras

from ave_keras.layers.fusion.base import Fusion


@keras.saving.register_keras_serializable(package="ave_keras")
class Additive(Fusion):
    """The sum of two projections: `h = U a + V v`.

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

    >>> Additive(256)(keras.random.normal((2, 10, 128)), keras.random.normal((2, 10, 512))).shape
    (2, 10, 256)

    Reference:
        Kiela et al., Efficient large-scale multi-modal classification, AAAI 2018; Tian et al., ECCV 2018, Table 2.
    """

    def call(self, audio, visual):
        """Projects both inputs and adds them."""
        return self.audio_projection(audio) + self.visual_projection(visual)
