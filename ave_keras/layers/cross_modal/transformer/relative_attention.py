"""Attention between seconds whose scores depend on their distance in time."""

import math

import keras
import numpy as np
from keras import ops

from ave_keras.layers.cross_modal.base import CrossModal, float32_softmax, same


def distances(queries, keys, span):
    """`(queries, keys)` row numbers of the biases: the distance t - s, cut at ±span, plus span."""
    distance = np.arange(queries)[:, None] - np.arange(keys)[None]
    return np.clip(distance, -span, span) + span


@keras.saving.register_keras_serializable(package="ave_keras")
class RelativeAttention(CrossModal):
    """`LayerNorm(x + dropout(W_o concat_h(softmax(q_h k_h^T / sqrt(d/H) + b_h(t - s)) v_h)))`, H heads.

    q are dense layers of the query x, k and v of the memory m; `b_h(t - s)` is a learned number per head and distance
    between the second t of the query and the second s of the memory. Distances beyond `span` share one number. The
    biases start at zero, where this is `ResidualAttention`.

    Args:
        heads: The number of heads H, a divisor of d.
        span: The largest distance in seconds with a number of its own.
        dropout: The rate of the dropout on the result of the attention.
        attention_dropout: The rate of the dropout on the attention weights.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        query: x, `(B, T, d)` with a known T.
        memory: m, `(B, S, d)` with a known S.

    Returns:
        `(B, T, d)`.

    Raises:
        AVEError: An argument is out of range, `heads` does not divide d, or the shapes do not fit together.

    Example:

    >>> RelativeAttention()(keras.random.normal((2, 10, 256)), keras.random.normal((2, 10, 256))).shape
    (2, 10, 256)

    Reference:
        Shaw, Uszkoreit and Vaswani, Self-attention with relative position representations, NAACL 2018; the scalar form
        is that of Raffel et al., Journal of Machine Learning Research, 2020, Sec. 2.1.
    """

    def __init__(self, heads=4, span=10, dropout=0.1, attention_dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.heads = self.positive("heads", heads)
        self.span = self.positive("span", span)
        self.dropout = self.fraction("dropout", dropout)
        self.attention_dropout = self.fraction("attention_dropout", attention_dropout)

    def build(self, query_shape, memory_shape):
        """Creates the projections, the biases and the normalization."""
        fits = len(query_shape) == len(memory_shape) == 3 and query_shape[2] == memory_shape[2] is not None
        fits = fits and same(query_shape[0], memory_shape[0]) and None not in (query_shape[1], memory_shape[1])
        expected = "query (B, T, d) and memory (B, S, d) with known T and S"
        self.check_shapes(fits, expected, query_shape, memory_shape)
        width = query_shape[-1]
        self.check_heads(width)
        self.query = self.dense(width, "query", query_shape)
        self.key = self.dense(width, "key", memory_shape)
        self.value = self.dense(width, "value", memory_shape)
        self.result = self.dense(width, "result", query_shape)
        self.biases = self.add_weight(shape=(2 * self.span + 1, self.heads), initializer="zeros", name="biases")
        self.weight_dropping = self.drop(self.attention_dropout, "attention_dropout")
        self.dropping = self.drop(self.dropout, "dropout")
        self.norm = self.normalization("norm", query_shape)

    def call(self, query, memory):
        """Attends, adds and normalizes."""
        q, k, v = (self._split(x) for x in (self.query(query), self.key(memory), self.value(memory)))
        scores = ops.matmul(q, ops.swapaxes(k, -1, -2)) / math.sqrt(q.shape[-1])
        rows = distances(query.shape[1], memory.shape[1], self.span)
        biases = ops.reshape(ops.take(self.biases, rows.reshape(-1), axis=0), (*rows.shape, self.heads))
        scores = scores + ops.cast(ops.transpose(biases, (2, 0, 1)), scores.dtype)
        attended = ops.matmul(self.weight_dropping(float32_softmax(scores)), v)
        merged = ops.reshape(ops.transpose(attended, (0, 2, 1, 3)), ops.shape(query))
        return self.norm(query + self.dropping(self.result(merged)))

    def _split(self, x):
        """`(B, T, d)` to `(B, H, T, d / H)`."""
        heads = ops.reshape(x, (-1, x.shape[1], self.heads, x.shape[2] // self.heads))
        return ops.transpose(heads, (0, 2, 1, 3))

    def compute_output_shape(self, query_shape, memory_shape):
        """`(B, T, d)`."""
        return tuple(query_shape)

    def get_config(self):
        """The constructor arguments."""
        own = {"heads": self.heads, "span": self.span}
        rates = {"dropout": self.dropout, "attention_dropout": self.attention_dropout}
        return {**super().get_config(), **own, **rates}
