import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.plots import embedding_figure

NAMES = ("Bark", "Cat", "Background")


def seconds(rng):
    classes = np.repeat([[0, 1, 2]], 5, axis=0)
    return rng.normal(size=(5, 3, 6)) + 9 * np.eye(3, 6)[classes], classes


def test_principal_components(rng):
    features, classes = seconds(rng)
    (axes,) = embedding_figure(features, classes, NAMES).axes
    found = {c.get_label(): c.get_offsets() for c in axes.collections}
    assert [*found] == ["Background", "Cat", "Bark"]  # Background lies below.
    # The eigenvectors of the covariance, up to their signs.
    centered = features.reshape(-1, 6) - features.reshape(-1, 6).mean(0)
    values, vectors = np.linalg.eigh(centered.T @ centered)
    expected = np.abs(centered @ vectors[:, :-3:-1])[classes.ravel() == 1]
    np.testing.assert_allclose(np.abs(found["Cat"]), expected, atol=1e-8)
    assert axes.get_xlabel() == f"component 1: {100 * values[-1] / values.sum():.0f} % of the variance"
    looks = {(tuple(c.get_facecolor()[0]), len(c.get_paths()[0])) for c in axes.collections}
    assert len(looks) == 3


def test_tsne_keeps_neighbours_together(rng):
    features, classes = seconds(rng)
    (axes,) = embedding_figure(features, classes, NAMES, method="tsne").axes
    points = {c.get_label(): c.get_offsets() for c in axes.collections}
    own = [np.linalg.norm(p - p.mean(0), axis=1).max() for p in points.values()]
    between = np.linalg.norm(points["Bark"].mean(0) - points["Cat"].mean(0))
    assert between > max(own) and len(axes.get_xticks()) == 0


def test_mistakes(rng):
    features, classes = seconds(rng)
    for wrong, message in (
        ((features, classes[:, :2], NAMES), "wrong number of classes"),
        ((features[0, :2], classes[0, :2], NAMES), "cannot be drawn"),
        ((features * np.nan, classes, NAMES), "cannot be drawn"),
    ):
        with pytest.raises(AVEError, match=message):
            embedding_figure(*wrong)
    with pytest.raises(AVEError, match="unknown method"):
        embedding_figure(features, classes, NAMES, method="umap")
