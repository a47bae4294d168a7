"""The cosine similarity of two streams, second by second."""

import keras
from keras import ops

from ave_keras.layers.cross_modal.base import CrossModal, same


def unit_vectors(x, epsilon):
    """`x / max(|x|, epsilon)` over the last axis, in float32; zero vectors stay zero and have a finite gradient."""
    x = ops.cast(x, "float32")
    return x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=-1, keepdims=True), epsilon**2))


@keras.saving.register_keras_serializable(package="ave_keras")
class CosineSimilarity(CrossModal):
    """`x^T y / (|x| |y|)` over the last axis, computed and returned in float32.

    Call arguments:
        first: x, `(..., d)`.
        second: y, `(..., d)`.

    Returns:
        `(...)`, in [-1, 1].

    Raises:
        AVEError: The inputs differ in their shapes.

    Example:

    >>> CosineSimilarity()(keras.random.normal((2, 10, 256)), keras.random.normal((2, 10, 256))).shape
    (2, 10)

    Reference:
        Zhou et al., CVPR 2021, whose audio-visual pair similarity loss needs it; epsilon of PyTorch.
    """

    def build(self, first_shape, second_shape):
        """Checks the shapes; there are no weights."""
        fits = len(first_shape) == len(second_shape) >= 2 and all(map(same, first_shape, second_shape))
        self.check_shapes(fits, "two inputs (..., d) of the same shape", first_shape, second_shape)

    def call(self, first, second):
        """Multiplies the unit vectors."""
        return ops.sum(unit_vectors(first, 1e-8) * unit_vectors(second, 1e-8), axis=-1)

    def compute_output_spec(self, first, second):
        """The symbolic `(...)`."""
        return keras.KerasTensor(first.shape[:-1], dtype="float32")

    def compute_output_shape(self, first_shape, second_shape):
        """`(...)`."""
        return tuple(first_shape[:-1])
