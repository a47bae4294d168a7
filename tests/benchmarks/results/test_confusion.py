"""Per-class accuracy and confusion against scikit-learn, on records as cells write them."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, recall_score

from benchmarks.results.confusion import confusion, recalls, shares
from tests.benchmarks.reports.test_content import record

NAMES = [*(f"class {i}" for i in range(27)), "<Bark> & growl", "Background"]


def predicted(rng, seed=0):
    """AVE's test split in size: 402 videos of 10 segments; the third class is in no truth, but among the answers."""
    truth = rng.choice(np.delete(np.arange(29), 2), (402, 10))
    answers = np.where(rng.random(truth.shape) < 0.6, truth, rng.integers(29, size=truth.shape))
    test = {"rows": list(range(402)), "truth": truth.tolist(), "predicted": answers.tolist()}
    return {**record("av_att", seed, float((truth == answers).mean())), "test": test, "class_names": NAMES}


def flat(record):
    return np.ravel(record["test"]["truth"]), np.ravel(record["test"]["predicted"])


def test_against_scikit_learn(rng):
    found = predicted(rng)
    truth, answers = flat(found)
    counts = confusion(found)
    np.testing.assert_array_equal(counts, confusion_matrix(truth, answers, labels=range(29)))
    present = np.delete(np.arange(29), 2)
    recall = recall_score(truth, answers, labels=range(29), average=None, zero_division=np.nan)
    np.testing.assert_allclose(recalls(counts), 100 * recall)
    normalized = confusion_matrix(truth, answers, labels=range(29), normalize="true")
    np.testing.assert_allclose(shares(counts)[present], 100 * normalized[present])
    assert np.isnan(shares(counts)[2]).all()


@pytest.mark.parametrize("wrong", [0, 1])
def test_truth_is_the_line(wrong):
    one = record("a", 0, 0.5)
    one["test"] = {"rows": [0], "truth": [[0, 2]], "predicted": [[wrong, 2]]}
    assert confusion(one).tolist() == [[1 - wrong, wrong, 0], [0, 0, 0], [0, 0, 1]]
