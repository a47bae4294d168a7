"""One attention step: seconds attend to a memory; the result is added to them and normalized."""

import keras

from ave_keras.layers.cross_modal.base import CrossModal, same


@keras.saving.register_keras_serializable(package="ave_keras")
class ResidualAttention(CrossModal):
    """`LayerNorm(x + dropout(MHA(x, m, m)))`, with scaled multi-head attention to the memory m.

    Args:
        heads: The number of heads, a divisor of d.
        dropout: The rate of the dropout on the result of the attention.
        attention_dropout: The rate of the dropout on the attention weights.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        query: x, `(B, T, d)`.
        memory: m, `(B, S, d)`.

    Returns:
        `(B, T, d)`.

    Raises:
        AVEError: An argument is out of range, `heads` does not divide d, or the shapes do not fit together.

    Example:

    >>> ResidualAttention()(keras.random.normal((2, 10, 256)), keras.random.normal((2, 20, 256))).shape
    (2, 10, 256)

    Reference:
        Vaswani et al., Attention is all you need, NIPS 2017, Sec. 3.
    """

    def __init__(self, heads=4, dropout=0.1, attention_dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.heads = self.positive("heads", heads)
        self.dropout = self.fraction("dropout", dropout)
        self.attention_dropout = self.fraction("attention_dropout", attention_dropout)

    def build(self, query_shape, memory_shape):
        """Creates the attention and the normalization."""
        fits = len(query_shape) == len(memory_shape) == 3 and query_shape[2] == memory_shape[2] is not None
        fits = fits and same(query_shape[0], memory_shape[0])
        self.check_shapes(fits, "query (B, T, d) and memory (B, S, d)", query_shape, memory_shape)
        width = query_shape[-1]
        self.check_heads(width)
        self.attention = keras.layers.MultiHeadAttention(
            self.heads,
            width // self.heads,
            dropout=self.attention_dropout,
            name="attention",
            dtype=self.dtype_policy,
        )
        self.attention.build(query_shape, memory_shape)
        self.dropping = self.drop(self.dropout, "dropout")
        self.norm = self.normalization("norm", query_shape)

    def call(self, query, memory):
        """Attends, adds and normalizes."""
        return self.norm(query + self.dropping(self.attention(query, memory)))

    def compute_output_shape(self, query_shape, memory_shape):
        """`(B, T, d)`."""
        return tuple(query_shape)

    def get_config(self):
        """The constructor arguments."""
        own = {"heads": self.heads, "dropout": self.dropout, "attention_dropout": self.attention_dropout}
        return {**super().get_config(), **own}
