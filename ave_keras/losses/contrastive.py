"""The contrastive loss of the audio-visual distance learning network (paper Sec. 5, Eq. 10)."""

import keras
from keras import ops


def contrastive(y_true, distance, margin):
    """Eq. 10: `y D^2 + (1 - y) max(0, margin - D)^2`, for every pair; all of one shape `(...)`."""
    distance = ops.convert_to_tensor(distance)
    y_true = ops.cast(y_true, distance.dtype)
    return y_true * ops.square(distance) + (1 - y_true) * ops.square(ops.maximum(margin - distance, 0))


@keras.saving.register_keras_serializable(package="ave_keras")
class ContrastiveLoss(keras.losses.Loss):
    """Draws true pairs together and pushes others apart up to a margin: `y D^2 + (1 - y) max(0, th - D)^2`.

    `y_true` is 1 for a true pair and 0 for another; `y_pred` is the distance of each pair, of the same shape, such as
    `(B, T, T)` for all pairs of seconds. The result is the mean over pairs by `sample_weight`, of the same shape, too:
    pairs of weight 0 do not count.

    Args:
        margin: th of Eq. 10; 2 as in the released training.
        name: of the loss.
        **kwargs: `reduction`, `dtype`, as for every Keras loss.

    Example:

    >>> model.compile("adam", {"distances": ContrastiveLoss()})

    Reference:
        Tian et al., ECCV 2018, Sec. 5, Eq. 10; Hadsell et al., Dimensionality reduction by learning an invariant
        mapping, CVPR 2006.
    """

    def __init__(self, margin=2.0, name="contrastive", reduction="mean_with_sample_weight", **kwargs):
        super().__init__(name=name, reduction=reduction, **kwargs)
        self.margin = margin

    def call(self, y_true, y_pred):
        """`(...)` and `(...)` to `(...)`."""
        return contrastive(y_true, y_pred, self.margin)

    def get_config(self):
        """Constructor arguments, JSON-able."""
        return {**super().get_config(), "margin": self.margin}
