"""The three losses of the structured segment network, over all windows of a clip."""

import keras
from keras import ops

from ave_keras.layers.proposals import centers_and_lengths, split_scores, windows

FOREGROUND, BACKGROUND, INCOMPLETE = 0.7, 0.01, 0.3
INCOMPLETE_PER_FOREGROUND = 6
HARD = 0.17


def event_of(y_true):
    """The event of labels `(B, T, K + 1)`: one-hot class `(B, K)`, start and end `(B,)`, both 0 without an event."""
    seconds = ops.sum(y_true[..., :-1], axis=1)
    onehot = ops.one_hot(ops.argmax(seconds, axis=-1), seconds.shape[-1], dtype=y_true.dtype)
    active = ops.einsum("btk,bk->bt", y_true[..., :-1], onehot)
    length = ops.sum(active, axis=1)
    start = ops.cast(ops.argmax(active, axis=1), y_true.dtype)
    return onehot, start, start + length


def window_iou(start, end, segments):
    """The intersection over union `(B, W)` of the spans `[start, end)` of B videos with all windows of T seconds."""
    spans = ops.convert_to_tensor(windows(segments), "float32")
    start, end = ops.expand_dims(start, 1), ops.expand_dims(end, 1)
    inside = ops.maximum(ops.minimum(end, spans[:, 1]) - ops.maximum(start, spans[:, 0]), 0)
    union = (end - start) + (spans[:, 1] - spans[:, 0]) - inside
    return inside / union


def group_mean(values, chosen):
    """The mean of `values` where `chosen` is 1; zero if it is nowhere 1."""
    return ops.sum(values * chosen) / ops.maximum(ops.sum(chosen), 1)


def hardest_mean(values, chosen, share):
    """The mean of the largest `share` of the chosen values, at least one value."""
    count = ops.sum(chosen)
    kept = ops.maximum(ops.ceil(count * share), 1)
    order = ops.flip(ops.sort(ops.reshape(ops.where(chosen > 0, values, -1.0), (-1,))))
    rank = ops.cast(ops.arange(ops.shape(order)[0]), order.dtype)
    return group_mean(ops.maximum(order, 0), ops.cast(rank < kept, order.dtype))


@keras.saving.register_keras_serializable(package="ave_keras")
class ProposalLoss(keras.losses.Loss):
    """`CE + 0.1 completeness hinge + 0.1 smooth L1` over windows, labelled by their overlap with the event.

    Windows with an IoU of at least 0.7 are foreground, below 0.01 background, from 0.01 to 0.3 incomplete; others are
    ignored. SSN samples them 1 : 1 : 6. A clip has only 55 windows, so all are scored, and each group contributes
    its mean over the batch with these weights, the expectation of the sampling. Cross-entropy covers foreground and
    background. The hinge requires a completeness of at least 1 for foreground and at most -1 for the hardest 17 % of
    the incomplete windows. Smooth L1 fits the shift and scale of foreground windows to the event.

    `y_true` is `(B, T, K + 1)`, the one-hot labels of the seconds, one event per video; `y_pred` is `(B, W, 4K + 1)`,
    see `ProposalDecoding`. The result is one number for the batch.

    Args:
        completeness_weight: The weight of the hinge loss.
        regression_weight: The weight of the smooth L1 loss.
        name: The name of the loss.
        **kwargs: The usual arguments of a Keras loss, such as `reduction` and `dtype`.

    Example:

    >>> model.compile("sgd", {"proposals": ProposalLoss(), "segments": None})

    Reference:
        Zhao et al., ICCV 2017, Sec. 3.3 and 4; ratios from its released code.
    """

    def __init__(self, completeness_weight=0.1, regression_weight=0.1, name="proposal_loss", **kwargs):
        super().__init__(name=name, **kwargs)
        self.completeness_weight = completeness_weight
        self.regression_weight = regression_weight

    def call(self, y_true, y_pred):
        """The loss of the batch, `(1,)`."""
        y_pred = ops.cast(y_pred, "float32")
        y_true = ops.cast(y_true, "float32")
        segments, k = y_true.shape[1], y_true.shape[2] - 1
        activity, completeness, regression = split_scores(y_pred, k + 1)
        onehot, start, end = event_of(y_true)
        iou = window_iou(start, end, segments)
        foreground, background = ops.cast(iou >= FOREGROUND, "float32"), ops.cast(iou < BACKGROUND, "float32")
        incomplete = ops.cast((iou >= BACKGROUND) & (iou < INCOMPLETE), "float32")

        log_p = ops.log_softmax(activity, axis=-1)
        right = ops.einsum("bwk,bk->bw", log_p[..., :-1], onehot)
        cross_entropy = -(group_mean(right, foreground) + group_mean(log_p[..., -1], background)) / 2

        own = ops.einsum("bwk,bk->bw", completeness, onehot)
        complete = group_mean(ops.maximum(1 - own, 0), foreground)
        hard = hardest_mean(ops.maximum(1 + own, 0), incomplete, HARD)
        # There are 6 incomplete windows per foreground window, of which 17 % are kept.
        weight = INCOMPLETE_PER_FOREGROUND * HARD
        hinge = (complete + weight * hard) / (1 + weight)

        error = ops.einsum("bwkr,bk->bwr", regression, onehot) - regression_target(start, end, segments)
        smooth = group_mean(ops.sum(smooth_l1(error), axis=-1), foreground)
        total = cross_entropy + self.completeness_weight * hinge + self.regression_weight * smooth
        return ops.expand_dims(total, 0)

    def get_config(self):
        """The constructor arguments."""
        own = {"completeness_weight": self.completeness_weight, "regression_weight": self.regression_weight}
        return {**super().get_config(), **own}


def regression_target(start, end, segments):
    """The targets `(B, W, 2)`: the offset of the event's center in window lengths, and the log ratio of the lengths."""
    center, length = centers_and_lengths(segments)
    shift = (ops.expand_dims((start + end) / 2, 1) - center) / length
    stretch = ops.log(ops.maximum(ops.expand_dims(end - start, 1), 1)) - ops.log(length)
    return ops.stack([shift, stretch], axis=-1)


def smooth_l1(x):
    """`x^2 / 2` below 1, `|x| - 1/2` above."""
    size = ops.abs(x)
    return ops.where(size < 1, 0.5 * x * x, size - 0.5)
