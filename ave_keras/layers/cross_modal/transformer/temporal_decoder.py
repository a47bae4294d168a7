"""The decoder of CMRAN, CMBS and CACE-Net: the seconds of one modality attend to both."""

import keras
from keras import ops

from ave_keras.layers.cross_modal.base import CrossModal
from ave_keras.layers.cross_modal.transformer.feed_forward import FeedForward
from ave_keras.layers.cross_modal.transformer.residual_attention import ResidualAttention


@keras.saving.register_keras_serializable(package="ave_keras")
class TemporalDecoder(CrossModal):
    """A dense layer, one `ResidualAttention` to the memory and to the seconds themselves, and `FeedForward`.

    With `q = W x + b`: `q = LayerNorm(q + dropout(MHA(q, M, M)))`, where M is the memory followed by q, along time.

    Args:
        units: The width of the result and of the memory.
        hidden_units: The width inside `FeedForward`.
        heads: The number of heads, a divisor of `units`.
        dropout: The rate of all dropouts.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        query: x, `(B, T, e)`.
        memory: The other modality from its `TemporalEncoder`, `(B, S, units)`.

    Returns:
        `(B, T, units)`.

    Raises:
        AVEError: An argument is out of range, `heads` does not divide `units`, or the shapes do not fit.

    Example:

    >>> TemporalDecoder()(keras.random.normal((2, 10, 128)), keras.random.normal((2, 10, 256))).shape
    (2, 10, 256)

    Reference:
        Xu et al., Cross-modal relation-aware networks, ACM MM 2020; form and sizes from its released code.
    """

    def __init__(self, units=256, hidden_units=2048, heads=4, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.units = self.positive("units", units)
        self.hidden_units = self.positive("hidden_units", hidden_units)
        self.heads = self.positive("heads", heads)
        self.dropout = self.fraction("dropout", dropout)

    def build(self, query_shape, memory_shape):
        """Creates the layers."""
        fits = len(query_shape) == len(memory_shape) == 3 and query_shape[-1] is not None
        fits = fits and memory_shape[-1] == self.units
        expected = f"query (B, T, e) and memory (B, S, {self.units})"
        self.check_shapes(fits, expected, query_shape, memory_shape)
        inner, policy = (*query_shape[:-1], self.units), self.dtype_policy
        self.affine = self.dense(self.units, "affine", query_shape)
        attention = ResidualAttention(self.heads, self.dropout, self.dropout, name="attention", dtype=policy)
        self.attention = self.built_sublayer(attention, inner, (inner[0], None, self.units))
        forward = FeedForward(self.hidden_units, self.dropout, name="feed_forward", dtype=policy)
        self.feed_forward = self.built_sublayer(forward, inner)

    def call(self, query, memory):
        """Decodes the seconds of `query`."""
        query = self.affine(query)
        return self.feed_forward(self.attention(query, ops.concatenate([memory, query], axis=1)))

    def compute_output_shape(self, query_shape, memory_shape):
        """`(B, T, units)`."""
        return (*query_shape[:-1], self.units)

    def get_config(self):
        """The constructor arguments."""
        own = {"units": self.units, "hidden_units": self.hidden_units, "heads": self.heads, "dropout": self.dropout}
        return {**super().get_config(), **own}
