"""Tests on stored predictions whether two runs differ by more than the noise of the test videos."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ave_keras.errors import AVEError
from ave_keras.matching import DIRECTIONS
from ave_keras.metrics import bootstrap_interval
from ave_keras.metrics.bootstrap import resampled_means
from benchmarks.results.runs import find, pairs
from benchmarks.results.summary import correct


@dataclass(frozen=True)
class Comparison:
    """The difference of two runs on the same videos. A prediction is a segment's class, or one direction of matching.

    Attributes:
        title: The data set and the settings that both runs share.
        difference: The accuracy of the first minus that of the second, in percentage points.
        low: The lower end of the 95 % interval of the difference.
        high: The upper end.
        p: The p-value of the test over videos.
        only_first: The number of predictions that only the first run has right, averaged over seeds.
        only_second: The same for the second run.
        mcnemar: The p-value of McNemar's test over predictions.
        seeds: The number of pairs of cells.
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


def paired_test(
    first: np.ndarray, second: np.ndarray, draws: int = 20_000, seed: int = 0
) -> tuple[float, float, float, float]:
    """Compares two `(N,)` arrays of scores of the same videos.

    Returns:
        `(difference, low, high, p)`: the mean difference in the unit of the scores, its 95 % bootstrap interval over
        videos, and the two-sided p-value of a sign-flip permutation test.
    """
    difference = first - second
    rng = np.random.default_rng(seed)
    count = len(difference)
    resampled = resampled_means(difference, draws, rng)
    flips = rng.integers(0, 2, (draws, count), dtype="int8") * 2 - 1
    extreme = np.abs(flips @ difference / count) >= abs(difference.mean()) - 1e-12
    low, high = np.quantile(resampled, [0.025, 0.975])
    # The observed signs count as one of the permutations.
    return difference.mean(), low, high, (extreme.sum() + 1) / (draws + 1)


def interval(
    records: Sequence[dict], metric: str = "accuracy", draws: int = 2000, seed: int = 0
) -> tuple[float, float] | None:
    """The 95 % bootstrap interval, in percent, over the test videos of the mean over the seeds of an entry.

    Args:
        records: The records of the seeds.
        metric: "accuracy", "a2v" or "v2a".
        draws: The number of samples of the videos.
        seed: Their seed.

    Returns:
        `(low, high)`; None without records, without results per video, or if the videos of the seeds differ.
    """
    tests = [record.get("test", {}) for record in records]
    if not tests or any("rows" not in test or test["rows"] != tests[0]["rows"] for test in tests):
        return None
    hits = np.array([correct(record) for record in records])
    chosen = hits[..., DIRECTIONS.index(metric)] if metric in DIRECTIONS else hits.mean(axis=2)
    return bootstrap_interval(100 * chosen.mean(axis=0), draws=draws, seed=seed)


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p-value of McNemar's test: a fair coin splits the disagreements at least this unevenly."""
    count, fewer = only_first + only_second, min(only_first, only_second)
    return min(1.0, 2 * sum(math.comb(count, k) for k in range(fewer + 1)) / 2**count)


def compare_records(title: str, first: Sequence[dict], second: Sequence[dict]) -> Comparison:
    """The `Comparison` of two lists of records, paired by seed.

    Accuracies are averaged over seeds before videos are resampled. McNemar's test uses the mean counts per seed: all
    seeds see the same videos, so their sum would overstate the evidence.

    Raises:
        AVEError: The records were scored on different videos.
    """
    rows = [r["test"]["rows"] for r in (*first, *second)]
    if any(other != rows[0] for other in rows):
        raise AVEError(
            "these cells were scored on different videos", fix="Compare runs on one data set and entries of one task"
        )
    hits_1, hits_2 = (np.array([correct(r) for r in records]) for records in (first, second))
    scores_1, scores_2 = (100 * hits.mean(axis=(0, 2)) for hits in (hits_1, hits_2))
    only_1, only_2 = (float(hits.sum(axis=(1, 2)).mean()) for hits in (hits_1 * (1 - hits_2), hits_2 * (1 - hits_1)))
    p = mcnemar(round(only_1), round(only_2))
    return Comparison(title, *paired_test(scores_1, scores_2), only_1, only_2, p, len(first))


def compare(records: dict[str, dict], first: str, second: str) -> list[Comparison]:
    """Compares two runs by name, once per data set and settings that both share.

    Args:
        records: The stored cells, `{key: record}`.
        first: The name of a run, as `runs.find` takes it.
        second: The name of the other run.

    Returns:
        List of `Comparison`s.

    Raises:
        AVEError: A run has no finished cells, or the runs cannot be paired.
    """
    return [compare_records(*pair) for pair in pairs(find(records, first), find(records, second))]
