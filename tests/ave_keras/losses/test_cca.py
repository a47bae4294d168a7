"""The loss must equal linear CCA on any two matrices."""

import keras
import numpy as np
import pytest

from ave_keras.losses import CCALoss
from ave_keras.losses.cca import total_correlation


def correlated(rng, pairs, correlations, extra=2):
    """Two randomly rotated views `(n, d)` with known canonical correlations for large n."""
    k = len(correlations)
    shared = rng.normal(size=(pairs, k))
    noise = rng.normal(size=(pairs, k))
    rho = np.array(correlations)
    x = np.concatenate([shared, rng.normal(size=(pairs, extra))], 1)
    y = np.concatenate([rho * shared + np.sqrt(1 - rho**2) * noise, rng.normal(size=(pairs, extra))], 1)
    mix = [np.linalg.qr(rng.normal(size=(k + extra, k + extra)))[0] * rng.uniform(0.5, 2) for _ in range(2)]
    return x @ mix[0] + 3, y @ mix[1] - 1


def linear_cca(x, y, share):
    """All canonical correlations in float64, by the textbook method with inverse roots of eigenvalues."""

    def root(covariance):
        covariance = covariance + share * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
        values, vectors = np.linalg.eigh(covariance)
        return vectors / np.sqrt(values) @ vectors.T

    size = x.shape[1]
    covariance = np.cov(np.concatenate([x, y], 1).T)
    matrix = root(covariance[:size, :size]) @ covariance[:size, size:] @ root(covariance[size:, size:])
    return np.linalg.svd(matrix, compute_uv=False)


def loss_of(x, y, weights=None, **options):
    weights = np.ones(len(x)) if weights is None else weights
    loss = keras.losses.deserialize(keras.losses.serialize(CCALoss(**options)))
    return float(loss(np.float32(weights)[:, None], np.float32(np.concatenate([x, y], 1))))


@pytest.mark.parametrize("components", [None, 2])
def test_equals_linear_cca(rng, components):
    x, y = correlated(rng, 300, [0.9, 0.6, 0.3])
    expected = linear_cca(x, y, 1e-4)[:components].sum()
    assert loss_of(x, y, components=components) == pytest.approx(-expected, abs=1e-4)


def test_equals_scikit_learns(rng):
    from sklearn.cross_decomposition import CCA

    x, y = correlated(rng, 300, [0.9, 0.6])
    a, b = CCA(4, max_iter=5000, tol=1e-12).fit(x, y).transform(x, y)
    theirs = sum(np.corrcoef(a[:, i], b[:, i])[0, 1] for i in range(4))
    assert loss_of(x, y, regularization=1e-7) == pytest.approx(-theirs, abs=1e-4)


def test_recovers_known_correlations(rng):
    x, y = correlated(rng, 40_000, [0.9, 0.6, 0.3])
    assert loss_of(x, y, components=3) == pytest.approx(-1.8, abs=0.02)
    assert loss_of(x, y, components=1) == pytest.approx(-0.9, abs=0.01)


def test_pairs_of_weight_zero_are_ignored(rng):
    x, y = correlated(rng, 100, [0.9, 0.6])
    weights = np.arange(100) < 60
    wild = np.where(weights[:, None], x, 50 * rng.normal(size=x.shape))
    assert loss_of(wild, y, weights) == pytest.approx(loss_of(x[:60], y[:60]), abs=1e-4)


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_scale_does_not_matter(rng, scale):
    x, y = correlated(rng, 300, [0.9, 0.6, 0.3])
    assert loss_of(scale * x, y) == pytest.approx(loss_of(x, y), abs=1e-4)


def train(x, y, steps=1, units=None, rate=1.0):
    """Trains linear networks on both views with the loss; returns `(kernels before, kernels after)`."""
    units = units or x.shape[1]
    inputs = keras.Input((x.shape[1],), name="x"), keras.Input((y.shape[1],), name="y")
    denses = [keras.layers.Dense(units, use_bias=False, kernel_initializer="identity") for _ in inputs]
    views = keras.layers.Concatenate()([dense(i) for dense, i in zip(denses, inputs, strict=True)])
    model = keras.Model(inputs, views)
    model.compile(keras.optimizers.SGD(rate), CCALoss(), jit_compile=False)
    before = [np.float64(w) for w in model.get_weights()]
    for _ in range(steps):
        model.train_on_batch((np.float32(x), np.float32(y)), np.ones((len(x), 1)))
    return before, [np.float64(w) for w in model.get_weights()]


def test_gradient(rng):
    """An SGD step equals the numerical derivative of the derivation."""
    x, y = correlated(rng, 50, [0.9, 0.5], extra=1)
    before, after = train(x, y, units=2)
    for index in (0, 1):
        step = before[index] - after[index]
        direction = 1e-4 * step / np.linalg.norm(step)
        values = []
        for sign in (1, -1):
            kernels = [w + sign * direction if i == index else w for i, w in enumerate(before)]
            values.append(-linear_cca(x @ kernels[0], y @ kernels[1], 1e-4).sum())
        assert (values[0] - values[1]) / 2e-4 == pytest.approx(np.linalg.norm(step), rel=0.01)


@pytest.mark.parametrize("case", ["repeated", "dead", "one pair"])
def test_gradient_is_finite_for_degenerate_views(rng, case):
    x = rng.normal(size=(50, 3))
    x, y = {"repeated": (x, x.copy()), "dead": (x * [1, 0, 0], x * 0), "one pair": (x[:1], x[:1])}[case]
    _, after = train(x, y, steps=3)
    assert all(np.isfinite(kernel).all() for kernel in after)


def test_total_correlation_of_a_diagonal_matrix():
    assert float(total_correlation(keras.ops.convert_to_tensor(np.float32(np.diag([0.5, 0.5, 0.1]))))) == pytest.approx(
        1.1, abs=1e-6
    )
