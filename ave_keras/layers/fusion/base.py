"""The base class of the fusions: checks the pair of inputs and projects them without bias."""

import keras

from ave_keras.errors import AVEError

MODALITIES = ("audio", "visual")


def check_pair(layer, audio_shape, visual_shape):
    """Raises `AVEError` unless `(..., d_a)` and `(..., d_v)` share their leading axes and both widths are known."""
    leading = zip(audio_shape[:-1], visual_shape[:-1], strict=False)
    fits = len(audio_shape) == len(visual_shape) and all(a is None or v is None or a == v for a, v in leading)
    if not fits or None in (audio_shape[-1], visual_shape[-1]):
        raise AVEError(
            f"{type(layer).__name__} cannot fuse these inputs",
            expected="audio (..., d_a) and visual (..., d_v) with the same leading axes",
            found=f"audio {tuple(audio_shape)}, visual {tuple(visual_shape)}",
        )


class Fusion(keras.layers.Layer):
    """The base class of fusions that project both inputs to `units` dimensions: `(..., d_a), (..., d_v) -> (..., d)`.

    The mask of `audio` passes through unchanged. Projections have no bias, as in the source papers.
    """

    def __init__(self, units=256, **kwargs):
        super().__init__(**kwargs)
        self.units = self.positive("units", units)
        self.supports_masking = True

    @property
    def width(self):
        """The width of both projections."""
        return self.units

    def positive(self, argument, value):
        """Returns `value` if it is an integer of at least 1.

        Raises:
            AVEError: It is not.
        """
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise AVEError(
                f"cannot build {type(self).__name__}",
                key=argument,
                expected="an integer of 1 or more",
                found=repr(value),
            )
        return value

    def choice(self, argument, value, choices):
        """Returns `value` if it is in `choices`.

        Raises:
            AVEError: It is not.
        """
        if value not in choices:
            raise AVEError(
                f"cannot build {type(self).__name__}", key=argument, expected=f"one of {choices}", found=repr(value)
            )
        return value

    def dense(self, units, name, input_shape, **kwargs):
        """Creates and builds a dense sublayer with this layer's dtype policy."""
        layer = keras.layers.Dense(units, name=name, dtype=self.dtype_policy, **{"use_bias": False, **kwargs})
        layer.build(input_shape)
        return layer

    def build(self, audio_shape, visual_shape):
        """Creates the two projections `U` and `V`."""
        check_pair(self, audio_shape, visual_shape)
        self.audio_projection = self.dense(self.width, "audio_projection", audio_shape)
        self.visual_projection = self.dense(self.width, "visual_projection", visual_shape)

    def compute_output_shape(self, audio_shape, visual_shape):
        """`(..., units)`."""
        return (*audio_shape[:-1], self.units)

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "units": self.units}
