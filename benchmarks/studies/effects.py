"""Effects of the arms of a study against its base, paired over videos and seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ave_keras.errors import AVEError
from benchmarks.results.summary import correct

# With fewer seeds, an interval over seeds means nothing.
FEWEST_SEEDS = 3


@dataclass(frozen=True)
class Effect:
    """The accuracy of an arm minus that of another, in percentage points.

    Attributes:
        difference: The mean over videos and seeds.
        low: The lower end of the 95 % interval; None with fewer than three seeds.
        high: The upper end.
        p: The two-sided p-value, not corrected; None with fewer than three seeds.
        seeds: The number of seeds.
    """

    difference: float
    low: float | None
    high: float | None
    p: float | None
    seeds: int


def effect(first: np.ndarray, second: np.ndarray, draws: int = 10_000, seed: int = 0) -> Effect:
    """The effect of the second arm against the first.

    The interval holds for other videos and other seeds: the bootstrap draws seeds and videos, both with replacement,
    and takes the mean over the drawn rows and columns. It is conservative, since it counts the noise of single videos
    with single seeds more than once. p is twice the share of the draws on the other side of zero.

    Args:
        first: `(S, N)`, the share of the seconds that is right, by seed and video.
        second: `(S, N)`, of the other arm with the same seeds and videos.
        draws: The number of draws.
        seed: Their seed.

    Raises:
        AVEError: The shapes differ.

    Reference:
        Owen, The pigeonhole bootstrap, Annals of Applied Statistics, 2007.
    """
    if first.shape != second.shape or first.ndim != 2 or not first.size:
        raise AVEError("cannot pair these scores", expected="(S, N) twice", found=f"{first.shape} and {second.shape}")
    difference = 100 * (second - first)
    seeds, videos = difference.shape
    mean = float(difference.mean())
    if seeds < FEWEST_SEEDS:
        return Effect(mean, None, None, None, seeds)
    rng = np.random.default_rng(seed)
    rows = rng.multinomial(seeds, [1 / seeds] * seeds, draws) / seeds
    columns = rng.multinomial(videos, [1 / videos] * videos, draws) / videos
    means = ((rows @ difference) * columns).sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    # The observed mean counts as one of the draws, so that p is never 0.
    beyond = min(int((means <= 0).sum()), int((means >= 0).sum()))
    return Effect(mean, float(low), float(high), min(1.0, 2 * (beyond + 1) / (draws + 1)), seeds)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """The p-values after Holm's correction for their number; None stays None.

    Reference:
        Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics, 1979.
    """
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    result: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, i) in enumerate(known):
        largest = max(largest, min(1.0, (len(known) - rank) * p))
        result[i] = largest
    return result


def hits(records: Sequence[dict], split: str) -> np.ndarray:
    """`(S, N)`: the share of right predictions of every video, for the records of S seeds.

    Raises:
        AVEError: The records were scored on different videos.
    """
    rows = [record[split]["rows"] for record in records]
    if any(other != rows[0] for other in rows):
        raise AVEError("these cells were scored on different videos", key=split)
    return np.array([correct(record, split).mean(axis=1) for record in records])
