"""Multiple-instance pooling of segment scores to video scores (paper Sec. 4.4, Eq. 7)."""

import keras
from keras import ops

from ave_keras.errors import AVEError

POOLINGS = ("mean", "max")


def mil_pool(scores, pooling="mean", mask=None):
    """Pools `scores (B, T, C)` over time to `(B, C)`; `mask (B, T)` is true for segments to include.

    A video without any included segment gets zeros.
    """
    if mask is None:
        return ops.mean(scores, axis=1) if pooling == "mean" else ops.max(scores, axis=1)
    mask = ops.expand_dims(ops.cast(mask, "bool"), -1)
    kept = ops.where(mask, scores, ops.zeros_like(scores))
    count = ops.sum(ops.cast(mask, scores.dtype), axis=1)
    if pooling == "mean":
        return ops.sum(kept, axis=1) / ops.maximum(count, 1)
    lowest = ops.min(scores, axis=1, keepdims=True)
    return ops.where(count > 0, ops.max(ops.where(mask, scores, lowest), axis=1), ops.zeros_like(kept[:, 0]))


@keras.saving.register_keras_serializable(package="ave_keras")
class MILPooling(keras.layers.Layer):
    """Pools the predictions of T segments to one for the video: `m = 1/T sum_t m_t` (Eq. 7), or their maximum.

    The paper averages the logits of the last dense layer and then takes the softmax; the released code takes the
    maximum of these logits over time. A mask `(B, T)` excludes segments and is not passed on.

    Args:
        pooling: `"mean"` (Eq. 7) or `"max"` (released code).
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        inputs: `(B, T, C)` logits.
        mask: `(B, T)` booleans, optional.

    Returns:
        `(B, C)` logits.

    Raises:
        AVEError: `pooling` is unknown, or the inputs are not of rank 3.

    Example:

    >>> MILPooling("max")(keras.random.normal((2, 10, 29))).shape
    (2, 29)

    Reference:
        Tian et al., ECCV 2018, Sec. 4.4; Wu et al., Deep multiple instance learning, CVPR 2015.
    """

    def __init__(self, pooling="mean", **kwargs):
        super().__init__(**kwargs)
        if pooling not in POOLINGS:
            raise AVEError("unknown pooling of MILPooling", expected=f"one of {POOLINGS}", found=pooling)
        self.pooling = pooling
        self.supports_masking = True

    def build(self, input_shape):
        """Checks the rank; there are no weights."""
        if len(input_shape) != 3:
            raise AVEError("MILPooling needs segments", expected="inputs (B, T, C)", found=tuple(input_shape))

    def call(self, inputs, mask=None):
        """Pools over time."""
        return mil_pool(inputs, self.pooling, mask)

    def compute_mask(self, inputs, mask=None):
        """None, because the output has no time axis."""
        return None

    def compute_output_shape(self, input_shape):
        """`(B, C)`."""
        return (input_shape[0], input_shape[2])

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "pooling": self.pooling}
