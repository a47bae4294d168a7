import numpy as np
from sklearn.metrics import confusion_matrix as expected

from ave_keras.metrics import confusion_matrix


def test_equals_scikit_learn(rng):
    truth, predicted = rng.integers(0, 4, (2, 9, 10))
    np.testing.assert_array_equal(confusion_matrix(truth, predicted, 4), expected(truth.ravel(), predicted.ravel()))
    np.testing.assert_array_equal(confusion_matrix([[0, 0]], [[0, 2]], 3), [[1, 0, 1], [0, 0, 0], [0, 0, 0]])
