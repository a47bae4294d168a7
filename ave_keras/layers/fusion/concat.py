"""Concatenation, the fusion of the paper's Table 1."""

import keras
from keras import ops

from ave_keras.layers.fusion.base import check_pair


@keras.saving.register_keras_serializable(package="ave_keras")
class Concat(keras.layers.Layer):
    """Concatenates both features: `h = [h_a ; h_v]`.

    The mask of `audio` passes through unchanged.

    Call arguments:
        audio: `(..., d_a)`.
        visual: `(..., d_v)` with the same leading axes.

    Returns:
        `(..., d_a + d_v)`.

    Raises:
        AVEError: The leading axes of the inputs differ.

    Example:

    >>> Concat()(keras.random.normal((2, 10, 256)), keras.random.normal((2, 10, 256))).shape
    (2, 10, 512)

    Reference:
        Tian et al., ECCV 2018, Table 1 and Sec. 6.2.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, audio_shape, visual_shape):
        """Checks the shapes; there are no weights."""
        check_pair(self, audio_shape, visual_shape)

    def call(self, audio, visual):
        """Concatenates along the last axis."""
        return ops.concatenate([audio, visual], axis=-1)

    def compute_output_shape(self, audio_shape, visual_shape):
        """`(..., d_a + d_v)`."""
        return (*audio_shape[:-1], audio_shape[-1] + visual_shape[-1])
