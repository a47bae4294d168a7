"""Multimodal bilinear fusion: every dimension of one modality times every dimension of the other."""

import keras
from keras import ops

from ave_keras.layers.fusion.base import Fusion


def outer(left, right):
    """The flattened outer product `(..., m), (..., n) -> (..., m n)`."""
    product = ops.expand_dims(left, -1) * ops.expand_dims(right, -2)
    return ops.reshape(product, (*ops.shape(left)[:-1], left.shape[-1] * right.shape[-1]))


@keras.saving.register_keras_serializable(package="ave_keras")
class Bilinear(Fusion):
    """`h = (U a) x (V v)`, the outer product of two projections, flattened to `units^2` entries.

    Its cost grows with the square of `units`: at batch 64 and T = 10, the product takes 2.6 MB in float32 for 32 units
    and 168 MB for 256, both forward and backward, and the next dense layer has `units^2` rows. `rank` selects the
    cheaper low-rank form `h = P ((U a) * (V v))`, where U and V project to `rank` and P to `units` dimensions: each
    slice of this bilinear map has at most that rank, and the cost is linear in both.

    Args:
        units: The width of the projections. The result has `units^2` entries, or `units` in the low-rank form.
        rank: The rank of the low-rank form, or None for the full outer product.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        audio: `(..., d_a)`.
        visual: `(..., d_v)` with the same leading axes.

    Returns:
        `(..., units^2)`, or `(..., units)` with `rank`.

    Raises:
        AVEError: `units` or `rank` is below 1, or the leading axes of the inputs differ.

    Example:

    >>> Bilinear(32)(keras.random.normal((2, 10, 128)), keras.random.normal((2, 10, 512))).shape
    (2, 10, 1024)

    Reference:
        Kiela et al., AAAI 2018; low rank: Kim et al., Hadamard product for low-rank bilinear pooling, ICLR 2017; "MB"
        in Tian et al., ECCV 2018, Table 2.
    """

    def __init__(self, units=32, rank=None, **kwargs):
        super().__init__(units, **kwargs)
        self.rank = rank if rank is None else self.positive("rank", rank)

    @property
    def width(self):
        """The width of both projections: `units`, or `rank` in the low-rank form."""
        return self.rank or self.units

    def build(self, audio_shape, visual_shape):
        """Creates U, V and, in the low-rank form, P."""
        super().build(audio_shape, visual_shape)
        if self.rank is not None:
            self.output_projection = self.dense(self.units, "output_projection", (*audio_shape[:-1], self.rank))

    def call(self, audio, visual):
        """Projects both inputs and multiplies them."""
        return self.combine(self.audio_projection(audio), self.visual_projection(visual))

    def combine(self, left, right):
        """The outer product of two projections, or its low-rank form."""
        return outer(left, right) if self.rank is None else self.output_projection(left * right)

    def compute_output_shape(self, audio_shape, visual_shape):
        """`(..., units^2)`, or `(..., units)` with `rank`."""
        return (*audio_shape[:-1], self.units**2 if self.rank is None else self.units)

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "rank": self.rank}
