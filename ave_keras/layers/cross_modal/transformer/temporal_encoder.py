"""The encoder of CMRAN, CMBS and CACE-Net: the seconds of one modality attend to each other."""

import keras

from ave_keras.layers.cross_modal.base import CrossModal
from ave_keras.layers.cross_modal.transformer.feed_forward import FeedForward
from ave_keras.layers.cross_modal.transformer.residual_attention import ResidualAttention


@keras.saving.register_keras_serializable(package="ave_keras")
class TemporalEncoder(CrossModal):
    """A dense layer, then blocks of `ResidualAttention` of the seconds to themselves and `FeedForward`.

    There are no position encodings, no activation after the dense layer and no normalization after the last block.

    Args:
        units: d, the width of the blocks.
        hidden_units: The width inside `FeedForward`.
        heads: The number of heads, a divisor of `units`.
        blocks: The number of blocks.
        dropout: The rate of all dropouts.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        inputs: `(B, T, e)`.

    Returns:
        `(B, T, units)`.

    Raises:
        AVEError: An argument is out of range, `heads` does not divide `units`, or the inputs are not of rank 3.

    Example:

    >>> TemporalEncoder()(keras.random.normal((2, 10, 512))).shape
    (2, 10, 256)

    Reference:
        Xu et al., Cross-modal relation-aware networks, ACM MM 2020; form and sizes from its released code.
    """

    def __init__(self, units=256, hidden_units=2048, heads=4, blocks=2, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.units = self.positive("units", units)
        self.hidden_units = self.positive("hidden_units", hidden_units)
        self.heads = self.positive("heads", heads)
        self.blocks = self.positive("blocks", blocks)
        self.dropout = self.fraction("dropout", dropout)

    def build(self, input_shape):
        """Creates the dense layer and the blocks."""
        fits = len(input_shape) == 3 and input_shape[-1] is not None
        self.check_shapes(fits, "inputs (B, T, d) with a known d", input_shape)
        inner, policy = (*input_shape[:-1], self.units), self.dtype_policy
        self.affine = self.dense(self.units, "affine", input_shape)
        self.attentions, self.feed_forwards = [], []
        for block in range(self.blocks):
            rates = (self.dropout, self.dropout)
            attention = ResidualAttention(self.heads, *rates, name=f"attention_{block}", dtype=policy)
            forward = FeedForward(self.hidden_units, self.dropout, name=f"feed_forward_{block}", dtype=policy)
            self.attentions.append(self.built_sublayer(attention, inner, inner))
            self.feed_forwards.append(self.built_sublayer(forward, inner))

    def call(self, inputs):
        """Encodes the seconds."""
        x = self.affine(inputs)
        for attention, forward in zip(self.attentions, self.feed_forwards, strict=True):
            x = forward(attention(x, x))
        return x

    def compute_output_shape(self, input_shape):
        """`(B, T, units)`."""
        return (*input_shape[:-1], self.units)

    def get_config(self):
        """The constructor arguments."""
        own = {"units": self.units, "hidden_units": self.hidden_units, "heads": self.heads, "blocks": self.blocks}
        return {**super().get_config(), **own, "dropout": self.dropout}
