"""The loss of the released code, which applies it to probabilities."""

import keras
from keras import ops


def multi_label_soft_margin(y_true, y_pred):
    """`mean_c softplus(x_c) - y_c x_c`, over the last axis; `(..., C)` and `(..., C)` to `(...)`."""
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    return ops.mean(ops.softplus(y_pred) - y_true * y_pred, axis=-1)


@keras.saving.register_keras_serializable(package="ave_keras")
class MultiLabelSoftMargin(keras.losses.Loss):
    """One-versus-all logistic loss, PyTorch's `MultiLabelSoftMarginLoss`: `mean_c -[y log s(x) + (1-y) log(1-s(x))]`.

    The released code applies it to the *softmax output*, so its value is between 0.680 (perfect) and 0.715 (worst). The
    paper states cross-entropy. `protocol="official"` uses this loss.

    Example:

    >>> model.compile("adam", MultiLabelSoftMargin())

    Reference:
        Released code of Tian et al., ECCV 2018.
    """

    def __init__(self, reduction="sum_over_batch_size", name="multi_label_soft_margin", dtype=None):
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def call(self, y_true, y_pred):
        """The loss of one-hot `(..., C)` and scores `(..., C)`, as `(...)`."""
        return multi_label_soft_margin(y_true, y_pred)
