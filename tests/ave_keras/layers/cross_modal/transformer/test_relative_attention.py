import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import RelativeAttention
from tests.kit import check_layer


def derivation(heads, span):
    """The layer with loops over videos, heads and pairs of seconds."""

    def attend(weights, x, memory):
        biases, wq, bq, wk, bk, wv, bv, wo, bo, gamma, beta = weights
        q, k, v = x @ wq + bq, memory @ wk + bk, memory @ wv + bv
        result, size = np.zeros_like(x), x.shape[-1] // heads
        for video in range(len(x)):
            for head in range(heads):
                part = slice(head * size, (head + 1) * size)
                for t in range(x.shape[1]):
                    scores = np.array(
                        [
                            q[video, t, part] @ k[video, s, part] / np.sqrt(size)
                            + biases[max(-span, min(span, t - s)) + span, head]
                            for s in range(memory.shape[1])
                        ]
                    )
                    shares = np.exp(scores - scores.max())
                    result[video, t, part] = shares / shares.sum() @ v[video, :, part]
        y = x + result @ wo + bo
        y = (y - y.mean(-1, keepdims=True)) / np.sqrt(y.var(-1, keepdims=True) + 1e-5)
        return y * gamma + beta

    return attend


@pytest.mark.parametrize(("heads", "span"), [(1, 2), (2, 10)])
def test_contract(rng, heads, span):
    inputs = np.float32(rng.normal(size=(2, 4, 6))), np.float32(rng.normal(size=(2, 5, 6)))
    layer = RelativeAttention(heads, span, dropout=0.0, attention_dropout=0.0)
    count = 4 * (6 * 6 + 6) + 12 + (2 * span + 1) * heads
    # Distances that do not occur have no gradient, but some do.
    check_layer(layer, inputs, derivation(heads, span), weights=count, silent=("key/bias",))


def test_it_starts_without_positions(rng):
    x = np.float32(rng.normal(size=(1, 4, 6)))
    layer = RelativeAttention(2)
    order = [2, 0, 3, 1]
    found, permuted = (keras.ops.convert_to_numpy(layer(part, part)) for part in (x, x[:, order]))
    np.testing.assert_allclose(permuted, found[:, order], atol=1e-5)
    layer.biases.assign(rng.normal(size=layer.biases.shape))
    found, permuted = (keras.ops.convert_to_numpy(layer(part, part)) for part in (x, x[:, order]))
    assert np.abs(permuted - found[:, order]).max() > 1e-3


def test_invalid_arguments():
    with pytest.raises(AVEError, match=r"heads.*a divisor of the width 6, found 4"):
        RelativeAttention(4).build((2, 4, 6), (2, 5, 6))
    with pytest.raises(AVEError, match="known T and S"):
        RelativeAttention(2).build((2, None, 6), (2, 5, 6))
    with pytest.raises(AVEError, match=r"span.*found 0"):
        RelativeAttention(2, span=0)
