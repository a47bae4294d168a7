"""The audio-visual interaction of CMRAN, CMBS and CACE-Net: the product of two streams attends to both."""

import keras
from keras import ops

from ave_keras.layers.cross_modal.base import CrossModal, same
from ave_keras.layers.cross_modal.transformer.residual_attention import ResidualAttention


@keras.saving.register_keras_serializable(package="ave_keras")
class Interaction(CrossModal):
    """`LayerNorm(g + dropout(MHA(g, M, M)))` with `g = x * y` and M = y followed by x, along time.

    Args:
        heads: The number of heads, a divisor of d.
        dropout: The rate of the dropout on the result of the attention.
        attention_dropout: The rate of the dropout on the attention weights.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        first: x, `(B, T, d)`.
        second: y, `(B, T, d)`.

    Returns:
        `(B, T, d)`.

    Raises:
        AVEError: An argument is out of range, `heads` does not divide d, or the inputs differ in their shapes.

    Example:

    >>> Interaction()(keras.random.normal((2, 10, 256)), keras.random.normal((2, 10, 256))).shape
    (2, 10, 256)

    Reference:
        Xu et al., Cross-modal relation-aware networks, ACM MM 2020; form and sizes from its released code.
    """

    def __init__(self, heads=4, dropout=0.1, attention_dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.heads = self.positive("heads", heads)
        self.dropout = self.fraction("dropout", dropout)
        self.attention_dropout = self.fraction("attention_dropout", attention_dropout)
        rates = (self.dropout, self.attention_dropout)
        self.attention = ResidualAttention(self.heads, *rates, name="attention", dtype=self.dtype_policy)

    def build(self, first_shape, second_shape):
        """Creates the attention."""
        fits = len(first_shape) == len(second_shape) == 3 and all(map(same, first_shape, second_shape))
        self.check_shapes(fits, "two inputs (B, T, d) of the same shape", first_shape, second_shape)
        self.attention.build(first_shape, (first_shape[0], None, first_shape[2]))

    def call(self, first, second):
        """Multiplies the streams and attends to both."""
        return self.attention(first * second, ops.concatenate([second, first], axis=1))

    def compute_output_shape(self, first_shape, second_shape):
        """`(B, T, d)`."""
        return tuple(first_shape)

    def get_config(self):
        """The constructor arguments."""
        own = {"heads": self.heads, "dropout": self.dropout, "attention_dropout": self.attention_dropout}
        return {**super().get_config(), **own}
