"""Confusion matrices and per-class recall, computed from stored predictions."""

import numpy as np

from ave_keras.metrics.confusion import confusion_matrix


def confusion(record: dict) -> np.ndarray:
    """The confusion matrix on the test split: counts `(C, C)` int64, indexed `[truth, predicted]`.

    Background is the last class. The predicted class of a segment is the most probable one.
    """
    return confusion_matrix(record["test"]["truth"], record["test"]["predicted"], len(record["class_names"]))


def shares(counts: np.ndarray) -> np.ndarray:
    """A `(C, C)` confusion matrix as percentages of each row; NaN for classes that the split does not contain."""
    totals = counts.sum(axis=1, keepdims=True)
    return 100 * np.divide(counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)


def recalls(counts: np.ndarray) -> np.ndarray:
    """The recall of each class in percent, `(C,)`; NaN for classes that the split does not contain."""
    return np.diagonal(shares(counts))
