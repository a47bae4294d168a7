"""Guided pooling: a vector selects the cells of a picture by products of their projections."""

import keras
from keras import ops

from ave_keras.layers.cross_modal.base import CrossModal, flatten_cells, float32_softmax, same


def pool_cells(scores, visual):
    """`sum_i s_i v_i` with `s = softmax(tanh(scores))`; scores `(..., K)`, visual `(..., K, C)`.

    Returns:
        The pooled `(..., C)` and the weights `(..., K)`.
    """
    weights = float32_softmax(ops.tanh(scores))
    return ops.squeeze(ops.matmul(ops.expand_dims(weights, -2), visual), -2), weights


@keras.saving.register_keras_serializable(package="ave_keras")
class GuidedPooling(CrossModal):
    """Pools the cells of a map with weights from the product of a cell and a guide.

    `s = softmax(tanh(w^T (relu(V v_i) * relu(U g)) + b))` over the cells i; the result is `sum_i s_i v_i`.

    Guided by the sound, this is the spatial step of `SpatialChannelAttention` (CMRAN). Guided by the mean of the map
    itself, it is the pooling that CMBS suppresses background with.

    Args:
        units: The width of both projections.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        guide: `(..., d)`.
        visual: `(..., H, W, C)` with the same leading axes.
        return_attention_scores: Whether to return the weights too.

    Returns:
        `(..., C)`; with `return_attention_scores`, also the weights `(..., H, W)`, which sum to one over (H, W).

    Raises:
        AVEError: `units` is below 1, or the shapes of the inputs do not fit together.

    Example:

    >>> GuidedPooling()(keras.random.normal((2, 10, 128)), keras.random.normal((2, 10, 7, 7, 512))).shape
    (2, 10, 512)

    Reference:
        Xu et al., Cross-modal relation-aware networks, ACM MM 2020; Xia and Zhao, Cross-modal background suppression,
        CVPR 2022; sizes and biases from the released code.
    """

    def __init__(self, units=256, **kwargs):
        super().__init__(**kwargs)
        self.units = self.positive("units", units)

    def build(self, guide_shape, visual_shape):
        """Creates the projections and the score."""
        fits = len(visual_shape) == len(guide_shape) + 2 and all(map(same, guide_shape[:-1], visual_shape))
        expected = "guide (..., d) and visual (..., H, W, C), same leading axes, known d and C"
        fits = fits and None not in (guide_shape[-1], visual_shape[-1])
        self.check_shapes(fits, expected, guide_shape, visual_shape)
        self.guide_projection = self.dense(self.units, "guide_projection", guide_shape, activation="relu")
        self.visual_projection = self.dense(self.units, "visual_projection", visual_shape, activation="relu")
        self.score = self.dense(1, "score", (*visual_shape[:-1], self.units))

    def call(self, guide, visual, return_attention_scores=False):
        """Pools the cells of `visual`, guided by `guide`."""
        cells = flatten_cells(visual)
        joint = self.visual_projection(cells) * ops.expand_dims(self.guide_projection(guide), -2)
        pooled, weights = pool_cells(ops.squeeze(self.score(joint), -1), cells)
        return (pooled, ops.reshape(weights, ops.shape(visual)[:-1])) if return_attention_scores else pooled

    def compute_output_spec(self, guide, visual, return_attention_scores=False):
        """The symbolic `(..., C)` and, if requested, `(..., H, W)`."""
        pooled = keras.KerasTensor(self.compute_output_shape(guide.shape, visual.shape), dtype=self.compute_dtype)
        if return_attention_scores:
            return pooled, keras.KerasTensor(visual.shape[:-1], dtype=self.compute_dtype)
        return pooled

    def compute_output_shape(self, guide_shape, visual_shape):
        """`(..., C)`."""
        return (*visual_shape[:-3], visual_shape[-1])

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "units": self.units}
