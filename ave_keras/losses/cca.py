"""The loss of deep canonical correlation analysis: the negative total correlation of two views."""

import keras
from keras import ops


def whitened_covariance(x, y, weights, regularization):
    """`L_x^-1 S_xy L_y^-T` with `S_xx + r_x I = L_x L_x^T`, `(d_x, d_y)`; its singular values are the correlations.

    The textbook form `S_xx^-1/2 S_xy S_yy^-1/2` differs only by a rotation on each side, which does not change the
    singular values. The gradient of a triangular factor also exists for nearly equal eigenvalues.

    Args:
        x: `(N, d_x)` float32.
        y: `(N, d_y)` float32.
        weights: `(N,)`, the weights of the pairs.
        regularization: r_x as a share of the mean variance of x; the same for y. This makes the result independent of
            the scale of the views, so that float32 suffices.
    """
    total = ops.maximum(ops.sum(weights), 1e-6)
    weights = ops.expand_dims(weights, -1)
    x, y = (view - ops.sum(view * weights, axis=0) / total for view in (x, y))
    freedom = ops.maximum(total - 1, 1)

    def factor(view):
        covariance = ops.matmul(ops.transpose(view), view * weights) / freedom
        size = covariance.shape[0]
        ridge = ops.maximum(regularization * ops.trace(covariance) / size, 1e-12)
        return ops.cholesky(covariance + ridge * ops.eye(size, dtype=covariance.dtype))

    cross = ops.matmul(ops.transpose(x), y * weights) / freedom
    half = ops.solve_triangular(factor(x), cross, lower=True)
    return ops.transpose(ops.solve_triangular(factor(y), ops.transpose(half), lower=True))


def total_correlation(matrix, components=None):
    """The sum of the `components` largest singular values of `(d_x, d_y)`, a scalar.

    Its gradient is `U V^T`, so the singular vectors are treated as constants. This avoids the derivative of the
    decomposition, which is undefined for repeated or zero singular values.
    """
    u, _, vt = ops.svd(ops.stop_gradient(matrix), full_matrices=False)
    rotation = ops.matmul(u[:, :components], vt[:components])
    return ops.sum(ops.stop_gradient(rotation) * matrix)


@keras.saving.register_keras_serializable(package="ave_keras")
class CCALoss(keras.losses.Loss):
    """Minus the sum of the canonical correlations of two views over the pairs of a batch.

    `y_pred` is `(..., 2 d)`, the concatenated d features of the two views. `y_true` is `(..., 1)`, the weight of each
    pair: 1 to include the pair, 0 to ignore it. The result is one number for the batch. A batch should contain several
    times more than d pairs, because fewer pairs correlate perfectly by chance.

    Args:
        components: The number of largest correlations to sum; None sums all d.
        regularization: The share of each view's mean variance to add to all its variances.
        name: The name of the loss.
        **kwargs: The usual arguments of a Keras loss, such as `reduction` and `dtype`.

    Example:

    >>> model.compile("rmsprop", {"views": CCALoss()})

    Reference:
        Andrew et al., Deep canonical correlation analysis, ICML 2013, Eq. 10; DCCA in Table 3 of Tian et al., ECCV
        2018.
    """

    def __init__(self, components=None, regularization=1e-4, name="cca", **kwargs):
        super().__init__(name=name, **kwargs)
        self.components, self.regularization = components, regularization

    def call(self, y_true, y_pred):
        """The loss of the batch, `(1,)`."""
        y_pred = ops.cast(y_pred, "float32")
        features = y_pred.shape[-1] // 2
        x, y = (ops.reshape(view, (-1, features)) for view in (y_pred[..., :features], y_pred[..., features:]))
        weights = ops.reshape(ops.cast(y_true, "float32"), (-1,))
        matrix = whitened_covariance(x, y, weights, self.regularization)
        return ops.expand_dims(-total_correlation(matrix, self.components), 0)

    def get_config(self):
        """The constructor arguments."""
        own = {"components": self.components, "regularization": self.regularization}
        return {**super().get_config(), **own}
