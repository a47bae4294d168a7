import numpy as np
import pytest
from scipy.stats import permutation_test

from ave_keras import AVEError
from benchmarks.compare import compare, paired_test, per_video


def record(name, seed, predicted, rows=(0, 1)):
    test = {"rows": list(rows), "truth": [[0, 1], [1, 1]], "predicted": predicted}
    return {"cell": {"seed": seed}, "entry": {"name": name}, "test": test}


def test_shares_per_video():
    records = [record("a", 0, [[0, 0], [1, 1]]), record("a", 1, [[0, 1], [0, 0]])]
    assert per_video(records).tolist() == [0.75, 0.5]
    with pytest.raises(AVEError, match="different videos"):
        per_video([records[0], record("a", 1, [[0, 0], [1, 1]], rows=(0, 2))])


def test_agrees_with_scipy(rng):
    first = rng.normal(0.2, 1, 40)
    second = rng.normal(0, 1, 40)
    mean, low, high, p = paired_test(first, second)
    theirs = permutation_test(
        (first, second), lambda a, b: (a - b).mean(), permutation_type="samples", n_resamples=20_000, rng=0
    )
    assert mean == pytest.approx((first - second).mean()) and low < mean < high
    assert p == pytest.approx(theirs.pvalue, abs=0.015)


def test_equal_models_do_not_differ():
    assert paired_test(np.ones(30), np.ones(30))[3] == 1


def test_only_shared_seeds_count():
    good, bad = [[0, 1], [1, 1]], [[1, 0], [0, 0]]
    records = [record("a", 0, good), record("v", 0, bad), record("v", 1, good)]
    assert compare(records, "a", "v")[0] == 100 and compare(records, "a", "v")[4] == 1
    with pytest.raises(AVEError, match=r"no finished cell of 'av'"):
        compare(records, "a", "av")
