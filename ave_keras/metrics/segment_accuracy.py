"""The overall accuracy of the paper (Sec. 6.2): the share of correct segments, including background."""

import keras
from keras import ops


def segment_accuracy(y_true, y_pred):
    """1 if the argmax over the last axis agrees, else 0; `(..., C)` and `(..., C)` to `(...)`."""
    return ops.cast(ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1)), "float32")


@keras.saving.register_keras_serializable(package="ave_keras")
class SegmentAccuracy(keras.metrics.MeanMetricWrapper):
    """Micro accuracy over all segments of all videos; background counts like any other class.

    `y_true` is one-hot and `y_pred` probabilities or logits, both `(B, T, C)`. `sample_weight` of shape `(B, T)` can
    exclude segments.

    Example:

    >>> model.compile("adam", "categorical_crossentropy", metrics=[SegmentAccuracy()])

    Reference:
        Tian et al., ECCV 2018, Sec. 6.2.
    """

    def __init__(self, name="segment_accuracy", dtype=None):
        super().__init__(segment_accuracy, name=name, dtype=dtype)
        self._direction = "up"

    def get_config(self):
        """The constructor arguments."""
        return {"name": self.name, "dtype": self.dtype}
