import numpy as np
import pytest
from scipy import stats

from ave_keras import AVEError
from benchmarks.studies.effects import effect, hits, holm


def test_interval_against_the_analysis_of_variance(rng):
    """Without noise of single videos with single seeds, the standard error is that of the two means."""
    by_seed, by_video = rng.normal(0, 0.02, (6, 1)), rng.normal(0, 0.1, (1, 400))
    difference = 0.01 + by_seed + by_video
    found = effect(np.zeros_like(difference), difference)
    assert found.difference == pytest.approx(100 * difference.mean())
    # The bootstrap divides by n, not n - 1.
    error = 100 * np.hypot(by_seed.std() / np.sqrt(6), by_video.std() / np.sqrt(400))
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * error, rel=0.1)


def test_p(rng):
    noise = rng.normal(0, 0.05, (5, 200))
    assert effect(noise, noise + 0.05).p < 0.001
    assert effect(noise, rng.permutation(noise.ravel()).reshape(5, 200)).p > 0.05
    same = effect(noise, noise)
    assert (same.difference, same.low, same.high, same.p) == (0, 0, 0, 1)


def test_one_lucky_seed_is_not_an_effect(rng):
    first = rng.uniform(0.6, 0.7, (5, 300))
    second = first.copy()
    second[2] += 0.1
    assert effect(first, second).p > 0.05
    # A test over videos alone would call it one.
    assert stats.ttest_rel(first.mean(0), second.mean(0)).pvalue < 1e-6


def test_fewer_than_three_seeds_have_no_interval(rng):
    found = effect(rng.uniform(size=(2, 9)), rng.uniform(size=(2, 9)))
    assert (found.low, found.high, found.p, found.seeds) == (None, None, None, 2)


def test_holm():
    # Worked by hand: 3 * 0.01, 2 * 0.02, and 0.04 is kept at the largest so far.
    assert holm([0.04, 0.01, None, 0.02]) == pytest.approx([0.04, 0.03, None, 0.04], nan_ok=True)
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_errors():
    with pytest.raises(AVEError, match=r"\(3, 4\) and \(3, 5\)"):
        effect(np.zeros((3, 4)), np.zeros((3, 5)))
    records = [{"val": {"rows": rows, "truth": [[0]], "predicted": [[0]]}} for rows in ([1], [2])]
    with pytest.raises(AVEError, match="different videos"):
        hits(records, "val")
