"""Linear canonical correlation analysis in NumPy, the last step of DCCA."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ave_keras.errors import AVEError

if TYPE_CHECKING:
    import keras


class CCA(NamedTuple):
    """Directions in which two views correlate.

    Attributes:
        means: `(d_x,)` and `(d_y,)`.
        kernels: `(d_x, k)` and `(d_y, k)`; `(x - mean) kernel` has unit variances and no covariances.
        correlations: `(k,)`, largest first.
    """

    means: tuple
    kernels: tuple
    correlations: np.ndarray


def linear_cca(x: ArrayLike, y: ArrayLike, components: int | None = None, regularization: float = 1e-4) -> CCA:
    """Fits a linear CCA in float64.

    Args:
        x: `(n, d_x)`.
        y: `(n, d_y)`, whose rows are paired with those of x.
        components: k; at most the smaller of d_x and d_y, the default.
        regularization: Share of the mean variance of each view that is added to its variances.

    Raises:
        AVEError: Fewer than two pairs, or NaN.

    Reference:
        Hotelling, Relations between two sets of variates, 1936.
    """
    views = [np.asarray(view, "float64") for view in (x, y)]
    if len(views[0]) != len(views[1]) or len(views[0]) < 2 or not all(np.isfinite(v).all() for v in views):
        raise AVEError(
            "no canonical correlations",
            expected="two or more finite pairs",
            found=f"{len(views[0])} of {len(views[1])} rows",
        )
    means = tuple(view.mean(axis=0) for view in views)
    centred = [view - mean for view, mean in zip(views, means, strict=True)]
    factors = [_factor(view, regularization) for view in centred]
    cross = centred[0].T @ centred[1] / (len(views[0]) - 1)
    whitened = np.linalg.solve(factors[1], np.linalg.solve(factors[0], cross).T).T
    u, correlations, vt = np.linalg.svd(whitened, full_matrices=False)
    rotations = u[:, :components], vt[:components].T
    kernels = tuple(np.linalg.solve(f.T, r) for f, r in zip(factors, rotations, strict=True))
    return CCA(means, kernels, correlations[:components])


def fit_projections(model: keras.Model, audio: np.ndarray, visual: np.ndarray, regularization: float = 1e-4) -> CCA:
    """Fits the `CanonicalProjection` layers of a DCCA to the views of paired seconds.

    Directions are scaled by their correlation, so that uncorrelated directions do not dominate the distances.

    Args:
        model: a model built by `ave_keras.models.dcca`.
        audio: `(n, view_units)`, the views of n seconds of sound.
        visual: `(n, view_units)`, the views of their pictures.
        regularization: See `linear_cca`.

    Returns:
        The `CCA`.
    """
    layers = [model.get_layer(f"{key}_canonical") for key in ("audio", "visual")]
    fitted = linear_cca(audio, visual, layers[0].units, regularization)
    for layer, mean, kernel in zip(layers, fitted.means, fitted.kernels, strict=True):
        layer.set_weights([mean, kernel * fitted.correlations])
    return fitted


def _factor(centred, regularization):
    covariance = centred.T @ centred / (len(centred) - 1)
    ridge = max(regularization * np.trace(covariance) / len(covariance), 1e-12)
    return np.linalg.cholesky(covariance + ridge * np.eye(len(covariance)))
