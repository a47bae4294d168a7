import keras
import numpy as np
from sklearn.metrics import accuracy_score

from ave_keras.metrics import SegmentAccuracy


def test_equals_scikit_learn_over_batches(rng):
    metric = keras.metrics.deserialize(keras.metrics.serialize(SegmentAccuracy()))
    truth, predicted = rng.integers(0, 5, (2, 6, 10))
    for rows in (slice(0, 4), slice(4, 6)):
        metric.update_state(np.eye(5)[truth[rows]], np.eye(5)[predicted[rows]])
    assert np.isclose(float(metric.result()), accuracy_score(truth.ravel(), predicted.ravel()))


def test_sample_weight_excludes_segments():
    truth, predicted = np.array([[0, 1, 1]]), np.array([[0, 1, 0]])
    metric = SegmentAccuracy()
    metric.update_state(np.eye(2)[truth], np.eye(2)[predicted], sample_weight=np.array([[1, 1, 0]]))
    assert float(metric.result()) == 1.0
