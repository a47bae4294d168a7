"""Queries, trivial answers and scores; the four references on the released splits."""

import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.data import AVE
from ave_keras.matching import Queries, event_runs, localize, queries, references, scores


def queries_of(starts, lengths, segments=6):
    starts, lengths = np.array(starts), np.array(lengths)
    return Queries(np.arange(len(starts)), starts, lengths, segments)


def labels(*runs, segments=6):
    made = np.zeros((len(runs), segments, 3))
    made[..., -1] = 1
    for row, (start, end) in zip(made, runs, strict=True):
        row[start:end] = [0, 1, 0]
    return made


def iou(t, start, length):
    a, b = set(range(t, t + length)), set(range(start, start + length))
    return len(a & b) / len(a | b)


def test_scores_one_by_one(rng):
    lengths = rng.integers(1, 6, 60)
    starts = rng.integers(0, 6 - lengths + 1)
    chosen = queries_of(starts, lengths)
    picked = rng.integers(0, 6 - lengths + 1)
    found = scores(np.eye(6)[picked], chosen)
    hits = picked == starts
    inner = (starts > 0) & (starts + lengths < 6)
    triples = list(zip(picked, starts, lengths, strict=True))
    assert found["exact"] == pytest.approx(hits.mean())
    assert found["iou"] == pytest.approx(np.mean([iou(*triple) for triple in triples]))
    assert found["within_1"] == pytest.approx(np.mean([abs(t - s) <= 1 for t, s, _ in triples]))
    assert found["inner"] == pytest.approx(hits[inner].mean())
    for start in set(starts):
        assert found[f"start_{start}"] == pytest.approx(hits[starts == start].mean())
    assert len(found) == 4 + len(set(starts))


def test_a_shared_answer_scores_its_expectation():
    chosen = queries_of([1], [2])
    found = scores(np.array([[0.5, 0.5, 0, 0, 0, 0]]), chosen)
    assert found == pytest.approx({"exact": 0.5, "iou": (1 + 1 / 3) / 2, "within_1": 1, "inner": 0.5, "start_1": 0.5})


def test_groups_without_a_query_are_absent():
    assert set(scores(np.eye(6)[[0]], queries_of([0], [2]))) == {"exact", "iou", "within_1", "start_0"}


def test_references():
    chosen = queries_of([0, 1, 2], [4, 2, 5])
    found = references(chosen, train_starts=[1, 1, 0, 3, 0], train_lengths=[4, 4, 4, 2, 2])
    np.testing.assert_allclose(found["random window"][0], [1 / 3] * 3 + [0] * 3)
    np.testing.assert_array_equal(found["first window"].argmax(1), [0, 0, 0])
    np.testing.assert_array_equal(found["last window"].argmax(1), [2, 4, 1])
    # Of length 4 second 1 is the most frequent; of length 2 two starts are; of length 5 train has none.
    expected = [[0, 1, 0, 0, 0, 0], [0.5, 0, 0, 0.5, 0, 0], [0.5, 0.5, 0, 0, 0, 0]]
    np.testing.assert_allclose(found["most frequent start per length"], expected)
    assert len(references(chosen)) == 3
    with pytest.raises(AVEError, match=r"invalid query length.*1 to 6 seconds, found 7"):
        references(queries_of([0], [7]))


def test_event_runs():
    starts, lengths = event_runs(labels((0, 2), (4, 6), (0, 0), (0, 6)))
    assert starts.tolist() == [0, 4, 0, 0] and lengths.tolist() == [2, 2, 0, 6]
    broken = labels((0, 2), (1, 5))
    broken[1, 3] = [0, 0, 1]
    with pytest.raises(AVEError, match=r"one run of seconds.*found seconds \[1, 2, 4\] in video 1, 1 such"):
        event_runs(broken)


def test_videos_with_nothing_to_ask():
    ave = AVE.synthetic(30, classes=2, segments=6, visual_shape=(2, 2, 4))
    rows = ave.split("val_match")
    ave.labels = labels(*[(0, 0)] * len(ave.labels))
    with pytest.raises(AVEError, match=rf"no queries.*'val_match'.*1 to 5.*{len(rows)} videos without an event, 0 f"):
        queries(ave, "val_match")
    ave.labels[rows[0]] = labels((2, 4))[0]
    chosen = queries(ave, "val_match")
    assert (chosen.rows.tolist(), chosen.starts.tolist(), chosen.lengths.tolist()) == ([rows[0]], [2], [2])


RELEASED = {
    "random window": 20.8,
    "first window": 35.3,
    "last window": 46.8,
    "most frequent start per length": 47.0,
}


def test_the_released_test_split(shared):
    ave = AVE.from_directory(shared / "ave")
    chosen = queries(ave, "test_match")
    train = event_runs(ave.labels[ave.split("train_match")])
    found = {name: scores(answers, chosen) for name, answers in references(chosen, *train).items()}
    assert len(chosen.rows) == 402
    assert {name: round(100 * score["exact"], 1) for name, score in found.items()} == RELEASED
    # Where an event touches neither border, constant answers are right for none or few.
    assert found["first window"]["inner"] == found["last window"]["inner"] == 0
    # val holds one empty event and 203 that fill the clip.
    assert len(queries(ave, "val_match").rows) == 402 - 1 - 203


@pytest.mark.parametrize("direction", ["a2v", "v2a"])
def test_a_constant_model_scores_what_a_random_window_does(shared, direction):
    chosen = queries(AVE.from_directory(shared / "ave"), "test_match")
    constant = np.full((402, 10, 10), 0.7, "float32")
    found = scores(localize(constant, chosen.starts, chosen.lengths, direction), chosen)
    assert found == pytest.approx(scores(references(chosen)["random window"], chosen))
    assert round(100 * found["exact"], 1) == 20.8
