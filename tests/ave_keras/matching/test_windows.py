import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.matching import distance_model, localize, window_costs


def by_loops(distances, start, length, direction):
    """Eq. 8 for one video, window by window and second by second."""
    seconds = len(distances) if direction == "a2v" else distances.shape[1]
    costs = []
    for t in range(seconds - length + 1):
        pairs = [(t + i, start + i) if direction == "a2v" else (start + i, t + i) for i in range(length)]
        costs.append(sum(distances[pair] for pair in pairs))
    return costs


@pytest.mark.parametrize("direction", ["a2v", "v2a"])
@pytest.mark.parametrize("shape", [(10, 10), (7, 12), (12, 7)])
def test_equals_eq_8(rng, direction, shape):
    distances = rng.uniform(size=(40, *shape))
    lengths = rng.integers(1, min(shape) + 1, 40)
    queried = shape[1] if direction == "a2v" else shape[0]
    starts = rng.integers(0, queried - lengths + 1)
    answers = localize(distances, starts, lengths, direction)
    similar = localize(-distances, starts, lengths, direction, similarity=True)
    for n in range(40):
        costs = by_loops(distances[n], starts[n], lengths[n], direction)
        assert answers[n].argmax() == np.argmin(costs) and answers[n].max() == answers[n].sum() == 1
    np.testing.assert_array_equal(similar, answers)


def test_costs_are_sums_and_infinite_where_nothing_fits():
    distances = np.arange(12.0).reshape(1, 4, 3)
    np.testing.assert_array_equal(window_costs(distances, [1], [2]), [[1 + 5, 4 + 8, 7 + 11, np.inf]])


def test_ties_are_shared():
    distances = np.ones((2, 4, 4))
    distances[1, 0] = 0
    np.testing.assert_allclose(localize(distances, [0, 2], [2, 1]), [[1 / 3] * 3 + [0], [1, 0, 0, 0]])


@pytest.mark.parametrize("value", [0.0, 3.3, 1e5])
def test_float32_noise_is_no_answer(rng, value):
    noisy = np.float32(value) * np.float32(1 + 1e-7 * rng.normal(size=(50, 10, 10)))
    answers = localize(noisy, [0] * 50, [4] * 50)
    np.testing.assert_allclose(answers[:, :7], 1 / 7)


@pytest.mark.parametrize(
    ("start", "length", "message"),
    [
        (0, 0, r"empty query: expected at least one second, found 0 in query 1, 1 such"),
        (0, 5, r"query longer than the video: expected at most 4 seconds, found 5 in query 1"),
        (3, 2, r"query out of range: expected an end by 4, found 5 in query 1"),
        (-1, 2, r"query out of range: expected a start of 0 or more, found -1"),
    ],
)
def test_bad_queries(start, length, message):
    with pytest.raises(AVEError, match=message):
        localize(np.ones((2, 4, 4)), [0, start], [1, length])


def test_bad_distances():
    distances = np.ones((2, 4, 4))
    with pytest.raises(AVEError, match=r"wrong shapes: expected distances \(N, T, S\)"):
        localize(distances[0], [0], [1])
    with pytest.raises(AVEError, match=r"unknown direction.*'a2v', 'v2a'.*found 'both'"):
        localize(distances, [0, 0], [1, 1], "both")
    distances[1, 2, 2] = np.nan
    with pytest.raises(AVEError, match=r"a distance is NaN or infinite.*query 1"):
        localize(distances, [0, 0], [1, 1])


def test_a_model_of_another_kind():
    inputs = keras.Input((2,))
    with pytest.raises(AVEError, match=r"'other' is not a matching model.*zoo\.list\(task='matching'\)"):
        distance_model(keras.Model(inputs, inputs, name="other"))
