"""Whether two runs differ by more than the noise of the test videos, from stored predictions."""

import math
from dataclasses import dataclass

import numpy as np

from ave_keras.errors import AVEError
from benchmarks.results.runs import find, pairs
from benchmarks.results.summary import right


@dataclass(frozen=True)
class Comparison:
    """What two runs on the same videos say of each other; answers are segments, or the two directions of matching.

    Attributes:
        title: data set and what both runs have in common.
        difference: of their shares of right answers, percent.
        low: lower end of its 95 % interval.
        high: upper end.
        p: of the test over videos.
        only_first: answers that the first alone has right, the mean over seeds.
        only_second: that the second alone has right.
        mcnemar: p of McNemar's test over answers.
        seeds: how many pairs of cells.
    """

    title: str
    difference: float
    low: float
    high: float
    p: float
    only_first: float
    only_second: float
    mcnemar: float
    seeds: int


def paired_test(first, second, draws=20_000, seed=0):
    """`(difference, low, high, p)` of two `(N,)` scores of the same videos, in their unit.

    The 95 % interval is a bootstrap over videos; p is two-sided, by flipping the sign of each video's difference.
    """
    difference = first - second
    rng = np.random.default_rng(seed)
    count = len(difference)
    resampled = np.array([difference[rng.integers(0, count, count)].mean() for _ in range(draws)])
    flips = rng.integers(0, 2, (draws, count), dtype="int8") * 2 - 1
    extreme = np.abs(flips @ difference / count) >= abs(difference.mean()) - 1e-12
    low, high = np.quantile(resampled, [0.025, 0.975])
    # The observed signs are one of the possible ones.
    return difference.mean(), low, high, (extreme.sum() + 1) / (draws + 1)


def mcnemar(only_first, only_second):
    """The exact p of McNemar's test, two-sided: how likely a fair coin is to divide the disagreements so unevenly."""
    count, fewer = only_first + only_second, min(only_first, only_second)
    return min(1.0, 2 * sum(math.comb(count, k) for k in range(fewer + 1)) / 2**count)


def compare_records(title, first, second):
    """A `Comparison` of two lists of records, seed by seed.

    Accuracies are averaged over seeds before videos are resampled. McNemar's test takes the counts of one seed, as many
    as they are in the mean: seeds see the same videos and are no further evidence.

    Raises:
        AVEError: they were scored on different videos.
    """
    rows = [r["test"]["rows"] for r in (*first, *second)]
    if any(other != rows[0] for other in rows):
        raise AVEError(
            "these cells were scored on different videos", fix="Compare runs of one data set, and entries of one task"
        )
    ours, theirs = (np.array([right(r) for r in records]) for records in (first, second))
    scores = (100 * one.mean(axis=(0, 2)) for one in (ours, theirs))
    only = [float(alone.sum(axis=(1, 2)).mean()) for alone in (ours * (1 - theirs), theirs * (1 - ours))]
    return Comparison(title, *paired_test(*scores), *only, mcnemar(*map(round, only)), len(first))


def compare(records, first, second):
    """Comparisons of two runs by name, one per data set and way of running that both have; see `runs.find`.

    Args:
        records: `{key: record}`.
        first: the name of a run.
        second: of another.

    Raises:
        AVEError: one of them has not run, or they have nothing in common.
    """
    return [compare_records(*pair) for pair in pairs(find(records, first), find(records, second))]
