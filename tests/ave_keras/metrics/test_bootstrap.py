import numpy as np
import pytest
from scipy import stats

from ave_keras import AVEError
from ave_keras.metrics import bootstrap_interval


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_equals_that_of_scipy(level):
    scores = np.random.default_rng(3).beta(5, 1, 200)
    found = bootstrap_interval(scores, level, draws=20_000)
    expected = stats.bootstrap(
        (scores,), np.mean, confidence_level=level, n_resamples=20_000, method="percentile", rng=1
    ).confidence_interval
    np.testing.assert_allclose(found, expected, atol=0.001)
    assert bootstrap_interval(scores, level, draws=20_000) == found


def test_covers_the_true_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(300):
        low, high = bootstrap_interval(rng.normal(0.7, 0.1, 200), draws=400)
        inside += low <= 0.7 <= high
    assert 0.91 <= inside / 300 <= 0.98


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "one per video"),
        ((np.ones((3, 10)),), "one per video"),
        (([1, np.nan],), "finite numbers, found nan"),
        ((np.ones(3), 1), "between 0 and 1"),
        ((np.ones(3), 0.9, 0), "'draws'"),
    ],
)
def test_mistakes(arguments, message):
    with pytest.raises(AVEError, match=message):
        bootstrap_interval(*arguments)
