"""Convolutions over time of several widths, added to their input."""

from collections.abc import Sequence

import keras

from ave_keras.layers.cross_modal.base import CrossModal


@keras.saving.register_keras_serializable(package="ave_keras")
class MultiScaleConvolution(CrossModal):
    """`x + mean_s relu(conv_s(x))`, with a convolution over time per width s, which keeps T and d.

    Args:
        widths: The widths of the convolutions in seconds, different odd numbers.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        inputs: x, `(B, T, d)`.

    Returns:
        `(B, T, d)`.

    Raises:
        AVEError: The widths are not a list of different odd numbers of 1 or more, or the inputs are not of rank 3 with
            a known d.

    Example:

    >>> MultiScaleConvolution((1, 3, 5))(keras.random.normal((2, 10, 256))).shape
    (2, 10, 256)

    Reference:
        After the windows of several lengths in Mahmud and Marculescu, AVE-CLIP, WACV 2023.
    """

    def __init__(self, widths=(1, 3, 5), **kwargs):
        super().__init__(**kwargs)
        self.widths = [self.positive("widths", width) for width in widths] if isinstance(widths, Sequence) else []
        odd = {width for width in self.widths if width % 2}
        if not odd or len(odd) < len(self.widths):
            raise self._invalid("widths", "a list of different odd numbers", widths)

    def build(self, input_shape):
        """Creates the convolutions."""
        fits = len(input_shape) == 3 and input_shape[2] is not None
        self.check_shapes(fits, "inputs (B, T, d) with a known d", input_shape)
        options = {"padding": "same", "activation": "relu", "dtype": self.dtype_policy}
        layers = [keras.layers.Conv1D(input_shape[2], w, name=f"width_{w}", **options) for w in self.widths]
        self.convolutions = [self.built_sublayer(layer, input_shape) for layer in layers]

    def call(self, inputs):
        """Convolves over time, and adds the mean to the inputs."""
        return inputs + sum(layer(inputs) for layer in self.convolutions) / len(self.convolutions)

    def compute_output_shape(self, input_shape):
        """`(B, T, d)`."""
        return tuple(input_shape)

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "widths": self.widths}
