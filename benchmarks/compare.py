"""Whether two models differ by more than the noise of the test videos, from stored predictions."""

import numpy as np

import zoo
from ave_keras.errors import AVEError
from benchmarks.summary import right


def per_video(records):
    """The share of right answers of each test video, averaged over seeds, `(N,)`: of segments, or of directions."""
    _same_videos(records)
    return np.mean([right(record) for record in records], axis=(0, 2))


def _same_videos(records):
    rows = [r["test"]["rows"] for r in records]
    if any(other != rows[0] for other in rows):
        raise AVEError(
            "these cells were scored on different videos", fix="Compare runs of one data set, and entries of one task"
        )


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


def compare(records, first, second):
    """`paired_test` of two entries in percent, over the seeds that both have.

    Raises:
        AVEError: one of them has not run, or they share no seed.
    """
    by_name = {}
    for name in (first, second):
        canonical = zoo.entry(name).name
        by_name[name] = {r["cell"]["seed"]: r for r in records if r["entry"]["name"] == canonical}
        if not by_name[name]:
            raise AVEError(f"no finished cell of '{name}'", fix="Run it first: python -m benchmarks run --entries …")
    seeds = sorted(by_name[first].keys() & by_name[second].keys())
    if not seeds:
        raise AVEError(f"'{first}' and '{second}' have no seed in common", fix="Run both with the same --seeds")
    _same_videos([by_name[name][seed] for name in (first, second) for seed in seeds])
    scores = [100 * per_video([by_name[name][seed] for seed in seeds]) for name in (first, second)]
    return (*paired_test(*scores), len(seeds))
