import numpy as np
import pytest
from scipy import stats

from ave_keras import AVEError
from benchmarks.results.equivalence import equivalences, two_one_sided_tests


def record(entry, backend, seed, accuracy, **recipe):
    cell = {"data": {"title": "tiny", "sha256": "0", "bad_rows": []}, "protocol": "paper", "recipe": recipe}
    return {"cell": {**cell, "backend": backend, "seed": seed}, "entry": {"name": entry}, "test_accuracy": accuracy}


def test_against_scipy(rng):
    first, second = rng.normal(90, 0.4, 5), rng.normal(90.3, 0.7, 6)
    difference, low, high, p = two_one_sided_tests(first, second)
    sides = [
        stats.ttest_ind(second, first + shift, equal_var=False, alternative=way).pvalue
        for shift, way in ((-1, "greater"), (1, "less"))
    ]
    assert p == pytest.approx(max(sides))
    interval = stats.ttest_ind(second, first, equal_var=False).confidence_interval(0.9)
    assert (low, high) == pytest.approx((interval.low, interval.high))
    assert difference == pytest.approx(second.mean() - first.mean())


def test_it_can_say_no(rng):
    close, noisy = rng.normal(90, 0.2, 5), rng.normal(90, 3, 5)
    assert two_one_sided_tests(close, close + 0.1)[3] < 0.05
    assert two_one_sided_tests(close, close + 1.0)[3] == pytest.approx(0.5, abs=0.01)
    assert two_one_sided_tests(noisy, rng.normal(90, 3, 5))[3] > 0.05
    # Under a true difference of the margin, it says yes in one of twenty cases at most.
    wrong = [two_one_sided_tests(rng.normal(0, 1, 5), rng.normal(1, 1, 5))[3] < 0.05 for _ in range(2000)]
    assert np.mean(wrong) < 0.065


def test_pairs_of_backends():
    values = {"tensorflow": (0.90, 0.91), "jax": (0.90, 0.912), "torch": (0.80, 0.81)}
    records = [record("a", backend, s, v) for backend, pair in values.items() for s, v in enumerate(pair)]
    records += [record("a", "jax", 0, 0.5, epochs=3), record("v", "jax", 0, 0.5)]
    found = equivalences(records, ["a"])
    assert [(line.first, line.second) for line in found] == [
        ("tensorflow", "jax"),
        ("tensorflow", "torch"),
        ("jax", "torch"),
    ]
    assert found[1].difference == pytest.approx(-10) and not found[1].equivalent
    assert found[0].means == pytest.approx((90.5, 90.6)) and found[0].seeds == (2, 2)


def test_errors():
    with pytest.raises(AVEError, match=r"two seeds or more.*1 and 2"):
        two_one_sided_tests([1], [1, 2])
    with pytest.raises(AVEError, match=r"v has no cells of two backends.*found none"):
        equivalences([record("a", "jax", 0, 0.5)], ["v"])
    same = two_one_sided_tests([1, 1], [1, 1])
    assert same == (0, 0, 0, 0)
