"""Scores of how little a second resembles the classes that a model knows, and how good they are; in NumPy."""

import numpy as np

from ave_keras.errors import AVEError

# Number of distances computed at a time; 32 MB.
BLOCK = 4 << 20


def max_probability_score(probabilities):
    """1 minus the largest probability, the score of the maximum softmax probability.

    Args:
        probabilities: `(…, C)`, from 0 to 1.

    Returns:
        `(…)` float64, the sum of all but the largest, which stays exact where the largest rounds to 1.

    Example:

    >>> max_probability_score([[0.7, 0.2, 0.1], [0.0, 1.0, 0.0]])
    array([0.3, 0. ])

    Reference:
        Hendrycks and Gimpel, A Baseline for Detecting Misclassified and Out-of-Distribution Examples, ICLR 2017.
    """
    return np.sort(np.asarray(probabilities, "float64"), axis=-1)[..., :-1].sum(axis=-1)


def neighbour_distance(features, known, k=10):
    """The distance of each feature to the k-th nearest of the known ones, all at length one.

    Args:
        features: `(…, d)`, such as those of `N` videos of `T` seconds, `(N, T, d)`.
        known: `(n, d)`, features of known classes, from the training data.
        k: Which neighbour counts, from 1; the last of fewer than k.

    Returns:
        `(…)` float64, Euclidean distances from 0 to 2. A feature of zeros keeps its length.

    Raises:
        AVEError: The shapes do not fit, there is no known feature, a value is not finite, or k is below 1.

    Example:

    >>> neighbour_distance([[3.0, 4.0]], [[0.6, 0.8], [1.0, 0.0]], k=2)
    array([0.89442719])

    Reference:
        Sun et al., Out-of-Distribution Detection with Deep Nearest Neighbors, ICML 2022, Sec. 3.
    """
    features, known = np.asarray(features, "float64"), np.asarray(known, "float64")
    if features.ndim < 1 or known.ndim != 2 or not len(known) or features.shape[-1] != known.shape[1]:
        found = f"{features.shape} and {known.shape}"
        raise AVEError("features do not fit", expected="(…, d) and known ones (n, d), at least one", found=found)
    if not (np.isfinite(features).all() and np.isfinite(known).all()):
        raise AVEError("a feature is NaN or infinite", expected="finite values")
    if k < 1:
        raise AVEError("invalid number of neighbours", key="k", expected="1 or more", found=k)
    flat, known = unit(features.reshape(-1, features.shape[-1])), unit(known)
    nearest, step = min(k, len(known)) - 1, max(1, BLOCK // len(known))
    lengths, found = (known**2).sum(axis=1), np.empty(len(flat))
    for start in range(0, len(flat), step):
        part = flat[start : start + step]
        squares = (part**2).sum(axis=1, keepdims=True) + lengths - 2 * part @ known.T
        found[start : start + step] = np.partition(squares, nearest, axis=1)[:, nearest]
    return np.sqrt(np.maximum(found, 0)).reshape(features.shape[:-1])


def unit(features):
    """Features `(…, d)` at Euclidean length one; zeros stay zeros."""
    lengths = np.linalg.norm(features, axis=-1, keepdims=True)
    return features / np.where(lengths > 0, lengths, 1)


def auroc(known, unknown):
    """The area under the ROC curve: the probability that an unknown second has a higher score than a known one.

    Args:
        known: `(n,)` scores of known classes.
        unknown: `(m,)` scores of unknown ones; equal scores count half.

    Returns:
        A number from 0 to 1; 0.5 is chance.

    Raises:
        AVEError: There are no scores of one kind, or a score is NaN.

    Example:

    >>> auroc([0.1, 0.4], [0.3, 0.8])
    0.75

    Reference:
        Fawcett, An introduction to ROC analysis, Pattern Recognition Letters 2006, Sec. 7.
    """
    known, unknown = _scores(known, unknown)
    below, not_above = (np.searchsorted(known, unknown, side) for side in ("left", "right"))
    return float((below + not_above).mean() / (2 * len(known)))


def false_positive_rate(known, unknown, keep=0.95):
    """The share of unknown seconds that pass as known at the threshold that keeps a share of the known ones.

    Args:
        known: `(n,)` scores of known classes.
        unknown: `(m,)` scores of unknown ones.
        keep: The share of known seconds with a score of at most the threshold, which is one of their scores.

    Returns:
        A number from 0 to 1, known as FPR at 95 % TPR; `keep` is chance.

    Raises:
        AVEError: As for `auroc`.

    Example:

    >>> false_positive_rate([0.1, 0.4], [0.3, 0.8])
    0.5

    Reference:
        Liang et al., Enhancing the Reliability of Out-of-distribution Image Detection in Neural Networks, ICLR 2018.
    """
    known, unknown = _scores(known, unknown)
    return float((unknown <= threshold(known, keep)).mean())


def threshold(known, keep=0.95):
    """The least of the scores `(n,)` of known classes that at least the share `keep` of them does not exceed."""
    return float(np.quantile(known, keep, method="inverted_cdf"))


def _scores(known, unknown):
    known, unknown = np.sort(np.ravel(known)), np.ravel(unknown)
    if not (known.size and unknown.size) or np.isnan(known).any() or np.isnan(unknown).any():
        found = f"{known.size} known and {unknown.size} unknown, or NaN"
        raise AVEError("scores cannot be compared", expected="numbers of known and unknown seconds", found=found)
    return known, unknown
