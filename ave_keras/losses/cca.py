"""The loss of deep canonical correlation analysis: the correlation that two views can reach, negated."""

import keras
from keras import ops


def whitened_covariance(x, y, weights, regularization):
    """`L_x^-1 S_xy L_y^-T` with `S_xx + r_x I = L_x L_x^T`, `(d_x, d_y)`; its singular values are the correlations.

    The textbook's `S_xx^-1/2 S_xy S_yy^-1/2` differs by a rotation on either side, which singular values do not see,
    and a triangular factor has a gradient where an inverse root of nearly equal eigenvalues has none.

    Args:
        x: `(N, d_x)` float32.
        y: `(N, d_y)` float32.
        weights: `(N,)`, of the pairs.
        regularization: r_x as a share of the mean variance of x, and so for y: the result does not change when a view
            is scaled, and float32 suffices at any scale.
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

    Its gradient is `U V^T` of the singular vectors, so that these are taken as constants: no derivative of a
    decomposition is needed, and repeated or vanishing singular values do no harm.
    """
    u, _, vt = ops.svd(ops.stop_gradient(matrix), full_matrices=False)
    rotation = ops.matmul(u[:, :components], vt[:components])
    return ops.sum(ops.stop_gradient(rotation) * matrix)


@keras.saving.register_keras_serializable(package="ave_keras")
class CCALoss(keras.losses.Loss):
    """Minus the sum of the canonical correlations of two views over the pairs of a batch.

    `y_pred` is `(..., 2 d)`, the d features of one view beside those of the other; `y_true` is `(..., 1)`, the weight
    of each pair: 1 where the views belong together, 0 where the pair is left out. The result is one number for the
    batch, which should hold several times more pairs than d: fewer pairs correlate perfectly by chance.

    Args:
        components: of how many correlations, the largest; all d if None.
        regularization: share of each view's mean variance that is added to all its variances.
        name: of the loss.
        **kwargs: `reduction`, `dtype`, as for every Keras loss.

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
        """One number, as `(1,)`."""
        y_pred = ops.cast(y_pred, "float32")
        features = y_pred.shape[-1] // 2
        x, y = (ops.reshape(view, (-1, features)) for view in (y_pred[..., :features], y_pred[..., features:]))
        weights = ops.reshape(ops.cast(y_true, "float32"), (-1,))
        matrix = whitened_covariance(x, y, weights, self.regularization)
        return ops.expand_dims(-total_correlation(matrix, self.components), 0)

    def get_config(self):
        """Constructor arguments, JSON-able."""
        own = {"components": self.components, "regularization": self.regularization}
        return {**super().get_config(), **own}
