"""Recall and confusion matrices agree with scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, recall_score

from benchmarks.results.confusion import confusion, recalls, shares
from tests.benchmarks.reports.test_content import record

NAMES = [*(f"class {i}" for i in range(27)), "<Bark> & growl", "Background"]


def predicted(rng, seed=0):
    """A record as large as AVE's test split, 402 videos of 10 segments; the third class is predicted but never true."""
    truth = rng.choice(np.delete(np.arange(29), 2), (402, 10))
    predictions = np.where(rng.random(truth.shape) < 0.6, truth, rng.integers(29, size=truth.shape))
    test = {"rows": list(range(402)), "truth": truth.tolist(), "predicted": predictions.tolist()}
    return {**record("av_att", seed, float((truth == predictions).mean())), "test": test, "class_names": NAMES}


def flat(record):
    return np.ravel(record["test"]["truth"]), np.ravel(record["test"]["predicted"])


def test_against_scikit_learn(rng):
    found = predicted(rng)
    truth, predictions = flat(found)
    counts = confusion(found)
    np.testing.assert_array_equal(counts, confusion_matrix(truth, predictions, labels=range(29)))
    present = np.delete(np.arange(29), 2)
    recall = recall_score(truth, predictions, labels=range(29), average=None, zero_division=np.nan)
    np.testing.assert_allclose(recalls(counts), 100 * recall)
    normalized = confusion_matrix(truth, predictions, labels=range(29), normalize="true")
    np.testing.assert_allclose(shares(counts)[present], 100 * normalized[present])
    assert np.isnan(shares(counts)[2]).all()


@pytest.mark.parametrize("wrong", [0, 1])
def test_rows_are_true_classes(wrong):
    one = record("a", 0, 0.5)
    one["test"] = {"rows": [0], "truth": [[0, 2]], "predicted": [[wrong, 2]]}
    assert confusion(one).tolist() == [[1 - wrong, wrong, 0], [0, 0, 0], [0, 0, 1]]
