"""Confusion matrices, in NumPy."""

import numpy as np
from numpy.typing import ArrayLike


def confusion_matrix(truth: ArrayLike, predicted: ArrayLike, classes: int) -> np.ndarray:
    """Counts how often each class is predicted as which.

    Args:
        truth: True class numbers, in any shape.
        predicted: Predicted class numbers, in the same shape.
        classes: C, the number of classes.

    Returns:
        `(C, C)` int64; rows are true classes, columns predicted ones.
    """
    pairs = np.ravel(truth).astype("int64") * classes + np.ravel(predicted)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
