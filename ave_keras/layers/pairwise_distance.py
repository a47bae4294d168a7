"""The distance between every second of sound and every second of pictures in a clip (paper Sec. 5, Eq. 9)."""

import keras
from keras import ops

from ave_keras.errors import AVEError

# Keras' epsilon, as in the released code; the square root has no gradient at zero.
EPSILON = 1e-7


def pairwise_distance(x, y):
    """Eq. 9: `D_ij = ||x_i - y_j||_2 = sqrt(max(sum_k (x_ik - y_jk)^2, 1e-7))`, computed in float32.

    Maps `(..., N, d)` and `(..., M, d)` to `(..., N, M)`, in the dtype of `x`. It squares the differences, because
    `|x|^2 + |y|^2 - 2 x y` would lose half the digits of small distances.
    """
    dtype = x.dtype
    x, y = ops.cast(x, "float32"), ops.cast(y, "float32")
    squares = ops.sum(ops.square(ops.expand_dims(x, -2) - ops.expand_dims(y, -3)), axis=-1)
    return ops.cast(ops.sqrt(ops.maximum(squares, EPSILON)), dtype)


@keras.saving.register_keras_serializable(package="ave_keras")
class PairwiseDistance(keras.layers.Layer):
    """The Euclidean distance between every pair of vectors from two sequences: `D_ij = ||x_i - y_j||_2`.

    One call returns the distance matrix of a whole clip; each window of the sliding-window method (Eq. 8) is a sum
    along a diagonal of it. As in the released code, squared distances are at least 1e-7, so that the root has a
    gradient. Memory: `N M d` numbers per clip.

    Masks are not supported: exclude seconds from the loss with sample weights.

    Call arguments:
        x: `(..., N, d)`, such as R^v of N seconds.
        y: `(..., M, d)`, such as R^a of M seconds, with the same leading axes.

    Returns:
        `(..., N, M)` distances.

    Raises:
        AVEError: The inputs differ in rank or in d.

    Example:

    >>> PairwiseDistance()(keras.random.normal((2, 10, 64)), keras.random.normal((2, 4, 64))).shape
    (2, 10, 4)

    Reference:
        Tian et al., ECCV 2018, Sec. 5, Eq. 9.
    """

    def build(self, x_shape, y_shape):
        """Checks the shapes; there are no weights."""
        fits = len(x_shape) == len(y_shape) > 1 and x_shape[-1] == y_shape[-1]
        if not fits:
            raise AVEError(
                "PairwiseDistance cannot pair these inputs",
                expected="x (..., N, d) and y (..., M, d) with the same d",
                found=f"x {tuple(x_shape)}, y {tuple(y_shape)}",
            )

    def call(self, x, y):
        """Computes all distances."""
        return pairwise_distance(x, y)

    def compute_output_shape(self, x_shape, y_shape):
        """`(..., N, M)`."""
        return (*x_shape[:-1], y_shape[-2])
