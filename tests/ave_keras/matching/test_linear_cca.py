import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.matching import fit_projections, linear_cca
from tests import small
from tests.ave_keras.losses.test_cca import correlated


def test_recovers_known_correlations(rng):
    x, y = correlated(rng, 40_000, [0.9, 0.6, 0.3])
    fitted = linear_cca(x, y, components=3)
    np.testing.assert_allclose(fitted.correlations, [0.9, 0.6, 0.3], atol=0.015)


def test_variates_are_white_and_pair_up(rng):
    x, y = correlated(rng, 500, [0.9, 0.6, 0.3])
    fitted = linear_cca(x, y, regularization=0)
    a, b = ((view - mean) @ kernel for view, mean, kernel in zip((x, y), fitted.means, fitted.kernels, strict=True))
    joint = np.cov(np.concatenate([a, b], 1).T)
    np.testing.assert_allclose(joint[:5, :5], np.eye(5), atol=1e-9)
    np.testing.assert_allclose(joint[:5, 5:], np.diag(fitted.correlations), atol=1e-9)


def test_a_model_holds_what_was_fitted(rng, tmp_path):
    import keras

    model = small.load("dcca")
    views = rng.normal(size=(200, 3)), rng.normal(size=(200, 3))
    fitted = fit_projections(model, *views)
    x, _ = small.batch("dcca")
    found = small.call(model, x)
    sound, picture = np.split(np.float64(found["views"]), 2, axis=-1)
    for key, view, mean, kernel in zip(
        ("audio", "visual"), (sound, picture), fitted.means, fitted.kernels, strict=True
    ):
        np.testing.assert_allclose(found[key], (view - mean) @ (kernel * fitted.correlations), atol=1e-4)
    model.save(tmp_path / "m.keras")
    again = small.call(keras.models.load_model(tmp_path / "m.keras"), x)
    np.testing.assert_array_equal(again["distances"], found["distances"])


def test_too_little_to_fit():
    with pytest.raises(AVEError, match=r"no canonical correlations: expected two or more finite pairs, found 1 of 1"):
        linear_cca(np.ones((1, 2)), np.ones((1, 2)))
    with pytest.raises(AVEError, match="finite pairs"):
        linear_cca(np.full((5, 2), np.nan), np.ones((5, 2)))
