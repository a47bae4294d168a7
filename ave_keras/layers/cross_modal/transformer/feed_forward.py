"""The feed-forward step of a transformer: two dense layers on every second."""

import keras

from ave_keras.layers.cross_modal.base import CrossModal


@keras.saving.register_keras_serializable(package="ave_keras")
class FeedForward(CrossModal):
    """`LayerNorm(x + dropout(W2 dropout(relu(W1 x))))`, on the last axis.

    Args:
        units: The width of W1.
        dropout: The rate of both dropouts.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        inputs: `(..., d)`.

    Returns:
        `(..., d)`.

    Raises:
        AVEError: An argument is out of range, or d is unknown.

    Example:

    >>> FeedForward()(keras.random.normal((2, 10, 256))).shape
    (2, 10, 256)

    Reference:
        Vaswani et al., Attention is all you need, NIPS 2017, Sec. 3.3.
    """

    def __init__(self, units=2048, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.units = self.positive("units", units)
        self.dropout = self.fraction("dropout", dropout)

    def build(self, input_shape):
        """Creates W1, W2 and the normalization."""
        self.check_shapes(
            len(input_shape) >= 2 and input_shape[-1] is not None, "inputs (..., d) with a known d", input_shape
        )
        self.hidden = self.dense(self.units, "hidden", input_shape, activation="relu")
        self.output_dense = self.dense(input_shape[-1], "output_dense", (*input_shape[:-1], self.units))
        self.dropping = self.drop(self.dropout, "dropout")
        self.norm = self.normalization("norm", input_shape)

    def call(self, inputs):
        """Applies both layers, adds and normalizes."""
        hidden = self.dropping(self.hidden(inputs))
        return self.norm(inputs + self.dropping(self.output_dense(hidden)))

    def compute_output_shape(self, input_shape):
        """`(..., d)`."""
        return tuple(input_shape)

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "units": self.units, "dropout": self.dropout}
