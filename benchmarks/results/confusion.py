"""Which classes a model tells apart: confusion matrices and recall, from stored predictions."""

import numpy as np


def confusion(record):
    """How often each class is called what on the test split: `(C, C)` int64, `[truth, predicted]`.

    Background is the last class. The model's class of a segment is that of its highest probability.
    """
    count = len(record["class_names"])
    truth, predicted = (np.array(record["test"][key]).ravel() for key in ("truth", "predicted"))
    return np.bincount(truth * count + predicted, minlength=count**2).reshape(count, count)


def shares(counts):
    """Percent of each line of a `(C, C)` confusion; NaN where the split does not have the class."""
    totals = counts.sum(axis=1, keepdims=True)
    return 100 * np.divide(counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)


def recalls(counts):
    """Percent of each class's segments that are called so: `(C,)`; NaN where the split does not have the class."""
    return np.diagonal(shares(counts))
