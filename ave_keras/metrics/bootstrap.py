"""How far a score is known: the bootstrap over videos, in NumPy."""

import numpy as np

from ave_keras.errors import AVEError


def bootstrap_interval(
    scores: np.ndarray, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """The percentile bootstrap interval of the mean of independent scores, such as the accuracies of N videos.

    The seconds of a video are not independent: average them first. The interval is about the choice of the test videos;
    it says nothing about other seeds of training.

    Args:
        scores: `(N,)`, one score per video, in any unit.
        level: The share of intervals that should contain the true mean.
        draws: The number of samples of N videos with replacement.
        seed: Their seed.

    Returns:
        `(low, high)` in the unit of the scores.

    Raises:
        AVEError: There is no score, or they are not `(N,)` and finite; the level is not between 0 and 1, or
            `draws` is below 1.

    Example:

    >>> bootstrap_interval((truth == predicted).mean(axis=1))
    (0.9015, 0.949)

    Reference:
        Efron and Tibshirani, An Introduction to the Bootstrap, 1993, Ch. 13.
    """
    scores = np.asarray(scores, "float64")
    if scores.ndim != 1 or not len(scores):
        raise AVEError("cannot resample these scores", expected="(N,), one per video", found=scores.shape)
    if not np.isfinite(scores).all():
        raise AVEError("cannot resample these scores", expected="finite numbers", found=scores[~np.isfinite(scores)][0])
    if draws < 1:
        raise AVEError("invalid number of draws", key="draws", expected="1 or more", found=draws)
    if not 0 < level < 1:
        raise AVEError("invalid level of an interval", key="level", expected="between 0 and 1", found=level)
    means = resampled_means(scores, draws, np.random.default_rng(seed))
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def resampled_means(scores: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """The means of `draws` samples with replacement of `(N,)` scores."""
    return np.array([scores[rng.integers(0, len(scores), len(scores))].mean() for _ in range(draws)])
