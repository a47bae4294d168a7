"""The normalized ReLU of temporal convolutional networks."""

import keras
from keras import ops


def normalized_relu(x, epsilon=1e-5):
    """`relu(x) / (max_c relu(x)_c + epsilon)`, the maximum over the last axis; computed in float32.

    In float16 the epsilon is denormal, and processors may flush it to 0: a step without activity would become 0/0.
    """
    exact = ops.cast(ops.relu(x), "float32")
    return ops.cast(exact / (ops.max(exact, axis=-1, keepdims=True) + epsilon), x.dtype)


@keras.saving.register_keras_serializable(package="ave_keras")
class ChannelNormalization(keras.layers.Layer):
    """Applies ReLU, then divides each time step by its largest channel: `y = relu(x) / (max_c relu(x)_c + 1e-5)`.

    The mask passes through unchanged.

    Call arguments:
        inputs: `(..., C)`.

    Returns:
        `(..., C)` within [0, 1].

    Example:

    >>> ChannelNormalization()(keras.random.normal((2, 10, 64))).shape
    (2, 10, 64)

    Reference:
        Lea et al., Temporal convolutional networks for action segmentation and detection, CVPR 2017, Sec. 3.1.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        """There are no weights."""

    def call(self, inputs):
        """Applies the normalized ReLU."""
        return normalized_relu(inputs)

    def compute_output_shape(self, input_shape):
        """`(..., C)`."""
        return input_shape
