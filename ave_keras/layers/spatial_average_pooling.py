"""Global average pooling of visual maps, the paper's pooling without attention (Sec. 4.1)."""

import keras
from keras import ops

from ave_keras.errors import AVEError


@keras.saving.register_keras_serializable(package="ave_keras")
class SpatialAveragePooling(keras.layers.Layer):
    """The mean over the cells of each map, for any number of leading axes: `(..., H, W, C)` to `(..., C)`.

    `keras.layers.GlobalAveragePooling2D` takes one map per sample, but a video has one per segment. The mask passes
    through unchanged.

    Raises:
        AVEError: The inputs have a rank below 4.

    Example:

    >>> SpatialAveragePooling()(keras.random.normal((2, 10, 7, 7, 512))).shape
    (2, 10, 512)

    Reference:
        Lin et al., Network in network, 2013; Tian et al., ECCV 2018, Sec. 4.1.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        """Checks the rank; there are no weights."""
        if len(input_shape) < 4:
            raise AVEError(
                "SpatialAveragePooling needs maps", expected="inputs (..., H, W, C)", found=tuple(input_shape)
            )

    def call(self, inputs):
        """Averages over H and W."""
        return ops.mean(inputs, axis=(-3, -2))

    def compute_output_shape(self, input_shape):
        """`(..., C)`."""
        return (*input_shape[:-3], input_shape[-1])
