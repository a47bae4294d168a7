"""Pooling over time by the mean of the largest scores."""

import keras
from keras import ops

from ave_keras.layers.cross_modal.base import CrossModal


def top_k_mean(scores, k):
    """The mean of the k largest values over time for every class: `(B, T, C)` to `(B, C)`."""
    largest, _ = ops.top_k(ops.swapaxes(scores, 1, 2), k)
    return ops.mean(largest, axis=-1)


@keras.saving.register_keras_serializable(package="ave_keras")
class TopKPooling(CrossModal):
    """Pools scores of T seconds to one for the video: for every class, the mean of the k largest.

    Args:
        k: How many seconds count; T must not be below it.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        inputs: `(B, T, C)`.

    Returns:
        `(B, C)`.

    Raises:
        AVEError: k is below 1 or above T, or the inputs are not of rank 3.

    Example:

    >>> TopKPooling(4)(keras.random.normal((2, 10, 28))).shape
    (2, 28)

    Reference:
        Xia and Zhao, Cross-modal background suppression, CVPR 2022; its released code takes four of ten seconds.
    """

    def __init__(self, k=4, **kwargs):
        super().__init__(**kwargs)
        self.k = self.positive("k", k)

    def build(self, input_shape):
        """Checks the shape; there are no weights."""
        fits = len(input_shape) == 3 and (input_shape[1] is None or input_shape[1] >= self.k)
        self.check_shapes(fits, f"inputs (B, T, C) with T of {self.k} or more", input_shape)

    def call(self, inputs):
        """Pools over time."""
        return top_k_mean(inputs, self.k)

    def compute_output_shape(self, input_shape):
        """`(B, C)`."""
        return (input_shape[0], input_shape[2])

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "k": self.k}
