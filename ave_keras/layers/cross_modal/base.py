"""The base class of the cross-modal layers: checked arguments, and sublayers with the layer's dtype policy."""

import math
import numbers

import keras
from keras import ops

from ave_keras.errors import AVEError


def flatten_cells(visual):
    """`(..., H, W, C)` to `(..., H W, C)`."""
    *leading, height, width, channels = ops.shape(visual)
    return ops.reshape(visual, (*leading, height * width, channels))


def float32_softmax(scores, axis=-1):
    """The softmax, computed in float32, in the dtype of `scores`."""
    return ops.cast(ops.softmax(ops.cast(scores, "float32"), axis=axis), scores.dtype)


def same(*axes):
    """Whether axes of shapes agree, where None stands for any size."""
    return len({size for size in axes if size is not None}) <= 1


class CrossModal(keras.layers.Layer):
    """The base class of layers in which one modality attends to another, or to itself."""

    def positive(self, argument, value):
        """Returns `value` if it is an integer of at least 1.

        Raises:
            AVEError: It is not.
        """
        if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
            raise self._invalid(argument, "an integer of 1 or more", value)
        return int(value)

    def fraction(self, argument, value):
        """Returns `value` if it is in [0, 1), like the rate of a dropout.

        Raises:
            AVEError: It is not.
        """
        if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 <= value < 1:
            raise self._invalid(argument, "a number in [0, 1)", value)
        return float(value)

    def finite(self, argument, value):
        """Returns `value` if it is a finite number.

        Raises:
            AVEError: It is not.
        """
        if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
            raise self._invalid(argument, "a finite number", value)
        return float(value)

    def choice(self, argument, value, choices):
        """Returns `value` if it is in `choices`.

        Raises:
            AVEError: It is not.
        """
        if value not in choices:
            raise self._invalid(argument, f"one of {choices}", value)
        return value

    def check_heads(self, width):
        """Raises `AVEError` unless `self.heads` is a divisor of `width`."""
        if width % self.heads:
            raise self._invalid("heads", f"a divisor of the width {width}", self.heads)

    def check_shapes(self, fits, expected, *shapes):
        """Raises `AVEError` with the expected and the found shapes unless `fits`."""
        if not fits:
            raise AVEError(
                f"{type(self).__name__} cannot use these inputs",
                expected=expected,
                found=" and ".join(str(tuple(shape)) for shape in shapes),
            )

    def dense(self, units, name, input_shape, **kwargs):
        """A built dense sublayer with this layer's dtype policy."""
        return self.built_sublayer(keras.layers.Dense(units, name=name, dtype=self.dtype_policy, **kwargs), input_shape)

    def normalization(self, name, input_shape, epsilon=1e-5):
        """A built layer normalization with PyTorch's epsilon; Keras computes it in float32 or better."""
        layer = keras.layers.LayerNormalization(epsilon=epsilon, name=name, dtype=self.dtype_policy)
        return self.built_sublayer(layer, input_shape)

    def drop(self, rate, name):
        """A dropout sublayer."""
        return keras.layers.Dropout(rate, name=name, dtype=self.dtype_policy)

    def built_sublayer(self, layer, *shapes):
        """Builds `layer` for the shapes and returns it."""
        layer.build(*shapes)
        return layer

    def _invalid(self, argument, expected, value):
        return AVEError(f"cannot build {type(self).__name__}", key=argument, expected=expected, found=repr(value))
