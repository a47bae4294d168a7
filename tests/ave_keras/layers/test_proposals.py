from itertools import combinations

import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import ProposalDecoding, StructuredPyramidPooling
from ave_keras.layers.proposals import windows
from tests.kit import check_layer
from tests.reference import softmax


def average(x, start, end, steps=1000):
    """The mean of `x (T, D)` over `[start, end)`, by sampling; x is a step function of time, zero outside the clip."""
    t = np.floor(start + (np.arange(steps) + 0.5) / steps * (end - start)).astype(int)
    return np.where(((t >= 0) & (t < len(x)))[:, None], x[np.clip(t, 0, len(x) - 1)], 0).mean(0)


def by_sampling(_, x):
    """The stages of every window as described by SSN: 2 parts before, 5 inside, 2 after."""
    result = []
    for clip in x:
        for s, e in combinations(range(len(clip) + 1), 2):
            d = e - s
            stages = [(s - d / 2, s), (s, e), (s, s + 0.4 * d), (s + 0.4 * d, e), (e, e + d / 2)]
            result.append([average(clip, *stage) for stage in stages])
    return np.array(result).reshape(len(x), -1, 5, x.shape[-1])


def test_pyramid(rng):
    x = np.float32(rng.normal(size=(2, 5, 3)))
    # Sampling 1000 points per stage is exact to 1e-3 where an edge falls between seconds.
    found = check_layer(StructuredPyramidPooling(), (x,), by_sampling, atol=5e-3).predict(x, verbose=0)
    s, e = windows(5)[7]
    np.testing.assert_allclose(found[0, 7, 1], x[0, s:e].mean(0), atol=1e-6)


def test_number_of_windows():
    assert len(windows(10)) == 55
    assert StructuredPyramidPooling().compute_output_shape((None, 10, 512)) == (None, 55, 5, 512)


def decode_by_loops(_, scores, k=3):
    """Decodes with loops over windows, classes and seconds; background is at the margin."""
    batch, count, _ = scores.shape
    segments = {15: 5}[count]
    spans = [(s, e) for s in range(segments) for e in range(s + 1, segments + 1)]
    result = np.zeros((batch, segments, k + 1))
    for b in range(batch):
        for (s, e), row in zip(spans, scores[b], strict=True):
            p = softmax(row[: k + 1])
            for c in range(k):
                shift, stretch = row[2 * k + 1 + 2 * c : 2 * k + 3 + 2 * c]
                centre = (s + e) / 2 + shift * (e - s)
                length = (e - s) * np.exp(np.clip(stretch, -np.log(segments), np.log(segments)))
                score = p[c] * np.exp(np.clip(row[k + 1 + c], -10, 1))
                for t in range(segments):
                    if min(centre + length / 2, t + 1) - max(centre - length / 2, t) > 0.5:
                        result[b, t, c] = max(result[b, t, c], score)
            if e == s + 1:
                result[b, s, k] = p[k] * np.e
    return result / result.sum(-1, keepdims=True)


def test_decoding(rng):
    scores = np.float32(rng.normal(size=(2, 15, 13)))
    layer = ProposalDecoding(4)
    expected = decode_by_loops(None, np.float64(scores))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer(scores)), expected, atol=1e-5)
    assert ProposalDecoding.from_config(layer.get_config()).get_config() == layer.get_config()
    assert layer.compute_output_shape((2, 15, 13)) == (2, 5, 4)


def test_a_certain_window_labels_its_seconds():
    scores = np.zeros((1, 15, 13), "float32")
    scores[..., 3] = 5
    index = [tuple(w) for w in windows(5)].index((1, 4))
    scores[0, index, :4], scores[0, index, 5] = [0, 20, 0, 0], 1
    assert keras.ops.convert_to_numpy(ProposalDecoding(4)(scores)).argmax(-1).tolist() == [[3, 1, 1, 1, 3]]


@pytest.mark.parametrize("shape", [(2, 1, 3), (2, None, 3), (2, 3)])
def test_invalid_shapes(shape):
    with pytest.raises(AVEError, match=r"cannot create proposals.*'segments'.*T of 2 or more"):
        StructuredPyramidPooling().build(shape)
