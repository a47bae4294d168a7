import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

from ave_keras import AVEError
from ave_keras.metrics import auroc, false_positive_rate, max_probability_score, neighbour_distance
from ave_keras.metrics.unknown import threshold


@pytest.mark.parametrize("decimals", [1, 8])
def test_roc_is_that_of_scikit_learn(rng, decimals):
    """With and without equal scores."""
    known, unknown = rng.normal(size=300).round(decimals), rng.normal(1, 2, 200).round(decimals)
    labels, scores = np.repeat([0, 1], [300, 200]), np.concatenate([known, unknown])
    assert auroc(known, unknown) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    # Known is positive for FPR at 95 % TPR.
    false, true, _ = roc_curve(1 - labels, -scores, drop_intermediate=False)
    assert false_positive_rate(known, unknown) == pytest.approx(false[np.argmax(true >= 0.95)], abs=1e-12)


def test_the_threshold_keeps_what_it_says(rng):
    for n in (1, 19, 20, 21, 1000):
        scores = rng.random(n)
        cut = threshold(scores)
        assert cut in scores and (scores <= cut).mean() >= 0.95 > (scores < cut).mean()


def test_distance_is_that_of_scikit_learn(rng, monkeypatch):
    features, known = rng.normal(size=(7, 4, 5)), rng.normal(size=(60, 5))
    nearest = NearestNeighbors(n_neighbors=10, algorithm="brute").fit(normalize(known))
    expected = nearest.kneighbors(normalize(features.reshape(-1, 5)))[0][:, -1].reshape(7, 4)
    np.testing.assert_allclose(neighbour_distance(features, known), expected, atol=1e-7)
    monkeypatch.setattr("ave_keras.metrics.unknown.BLOCK", 100)
    np.testing.assert_allclose(neighbour_distance(features, known), expected, atol=1e-7)
    # The length of a feature does not count, and of fewer than k neighbours the last does.
    np.testing.assert_allclose(neighbour_distance(9 * features, known[:3]), neighbour_distance(features, known[:3], 3))
    assert neighbour_distance(np.zeros(5), known, 1) == pytest.approx(1)


def test_doubt_stays_exact_where_the_largest_rounds_to_one():
    shares = np.array([[1, 1e-9, 2e-9], [0.2, 0.5, 0.3]], "float32")
    np.testing.assert_allclose(max_probability_score(shares), [3e-9, 0.5], rtol=1e-6)


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (auroc, ([], [1]), "0 known and 1 unknown"),
        (false_positive_rate, ([1], [np.nan]), "or NaN"),
        (neighbour_distance, (np.ones(3), np.ones((2, 4))), r"found \(3,\) and \(2, 4\)"),
        (neighbour_distance, (np.ones(3), np.ones((0, 3))), "at least one"),
        (neighbour_distance, ([np.inf], [[1]]), "NaN or infinite"),
        (neighbour_distance, ([1], [[1]], 0), "1 or more"),
    ],
)
def test_mistakes(function, arguments, message):
    with pytest.raises(AVEError, match=message):
        function(*arguments)
