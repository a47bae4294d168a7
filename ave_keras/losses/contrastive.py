"""The contrastive loss of the audio-visual distance learning network (paper Sec. 5, Eq. 10)."""

import keras
from keras import ops


def contrastive(y_true, distance, margin):
    """Eq. 10: `y D^2 + (1 - y) max(0, margin - D)^2`, for every pair; `(...)` and `(...)` to `(...)`."""
    distance = ops.convert_to_tensor(distance)
    y_true = ops.cast(y_true, distance.dtype)
    return y_true * ops.square(distance) + (1 - y_true) * ops.square(ops.maximum(margin - distance, 0))


@keras.saving.register_keras_serializable(package="ave_keras")
class ContrastiveLoss(keras.losses.Loss):
    """Pulls true pairs together and pushes other pairs apart up to a margin: `y D^2 + (1 - y) max(0, th - D)^2`.

    `y_true` is 1 for a true pair, else 0. `y_pred`, of the same shape, is the distance of each pair, such as
    `(B, T, T)` for all pairs of seconds. The result is the mean over pairs, weighted by `sample_weight` of the same
    shape.

    Args:
        margin: The threshold th of Eq. 10; 2 as in the released code.
        name: The name of the loss.
        **kwargs: The usual arguments of a Keras loss, such as `reduction` and `dtype`.

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
        """The loss of every pair, `(...)`."""
        return contrastive(y_true, y_pred, self.margin)

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "margin": self.margin}
