"""Window proposals of a short clip: their pyramid features, and decoding window scores to scores per second."""

from itertools import pairwise

import keras
import numpy as np
from keras import ops

from ave_keras.errors import AVEError

# Parts before, in and after each proposal, and the features per proposal (SSN's released settings).
START, COURSE, END = 2, 5, 2
PYRAMID = 5


def windows(segments):
    """All windows of T seconds as `(W, 2)` integers `[start, end)`, W = T (T + 1) / 2, ordered by start, then end."""
    return np.array([(s, e) for s in range(segments) for e in range(s + 1, segments + 1)])


def overlap(start, end, segments):
    """The share of the span `[start, end)` in each second, `(T,)`; time outside the clip is ignored."""
    seconds = np.arange(segments)
    inside = np.minimum(end, seconds + 1) - np.maximum(start, seconds)
    return np.clip(inside, 0, None) / (end - start)


def pyramid(segments):
    """The averaging weights `(W, 5, T)` of the structured temporal pyramid over every window.

    A window of d seconds is extended by d/2 on both sides. Its stages are the extension before (2 parts), the window (5
    parts) and the extension after (2 parts). Each part averages its span, and the pyramid averages parts: start, the
    whole course, its first 2 and last 3 parts, end.
    """
    table = np.zeros((len(windows(segments)), PYRAMID, segments))
    for row, (s, e) in enumerate(windows(segments)):
        half = (e - s) / 2
        edges = [np.linspace(s - half, s, START + 1), np.linspace(s, e, COURSE + 1), np.linspace(e, e + half, END + 1)]
        before, course, after = (np.array([overlap(a, b, segments) for a, b in pairwise(x)]) for x in edges)
        split = COURSE // 2
        stages = (before, course, course[:split], course[split:], after)
        table[row] = [stage.mean(0) for stage in stages]
    return table


@keras.saving.register_keras_serializable(package="ave_keras")
class StructuredPyramidPooling(keras.layers.Layer):
    """Describes all windows of a clip by what happens before, in and after them: `(B, T, D)` to `(B, W, 5, D)`.

    There are W = T (T + 1) / 2 windows. The axis of 5 is the start stage, the whole course, its first part, its last
    part and the end stage. Every entry is a fixed average of the seconds, so there are no weights. Cost: a product of
    `(5 W, T)` with `(T, D)` per video.

    Masks are not supported: T is the same for all videos.

    Raises:
        AVEError: The inputs are not of rank 3, or T is unknown or below 2.

    Example:

    >>> StructuredPyramidPooling()(keras.random.normal((2, 10, 512))).shape
    (2, 55, 5, 512)

    Reference:
        Zhao et al., Temporal action detection with structured segment networks, ICCV 2017, Sec. 3.
    """

    def build(self, input_shape):
        """Computes the averaging weights for T seconds."""
        if len(input_shape) != 3 or input_shape[1] is None or input_shape[1] < 2:
            raise AVEError(
                "cannot create proposals",
                key="segments",
                expected="inputs (B, T, D) with a known T of 2 or more",
                found=tuple(input_shape),
            )
        self.table = pyramid(input_shape[1]).astype("float32")

    def call(self, inputs):
        """Averages the seconds."""
        # A matrix product per clip; an einsum with (W, 5, T) would copy its result once more.
        count, parts, segments = self.table.shape
        table = ops.convert_to_tensor(self.table.reshape(-1, segments), self.compute_dtype)
        return ops.reshape(ops.matmul(table, inputs), (-1, count, parts, inputs.shape[-1]))

    def compute_output_shape(self, input_shape):
        """`(B, W, 5, D)`."""
        batch, segments, width = input_shape
        return (batch, segments * (segments + 1) // 2, PYRAMID, width)


def centers_and_lengths(segments):
    """The centers and lengths of all windows, two float32 tensors `(W,)`."""
    spans = windows(segments)
    return (ops.convert_to_tensor(x, "float32") for x in (spans.mean(1), spans[:, 1] - spans[:, 0]))


def refine(regression, segments):
    """Shifts and scales the windows by `(..., W, K, 2)`; returns their start and end, `(..., W, K)`.

    The first number is the shift of the center in window lengths, the second the logarithm of the scale.
    """
    center, length = (ops.expand_dims(x, -1) for x in centers_and_lengths(segments))
    center = center + regression[..., 0] * length
    # Without this limit, an untrained network overflows; no window is longer than the clip.
    length = length * ops.exp(ops.clip(regression[..., 1], -np.log(segments), np.log(segments)))
    return center - length / 2, center + length / 2


def decode(activity, completeness, regression):
    """Decodes scores of windows to scores of seconds `(B, T, K + 1)`.

    A window's score for class k is `p_k exp(c_k)`, as in SSN. For every class, a second gets the score of the best
    window with a refined span that covers more than half of it. Background has no completeness: its score is `p_0` of
    the one-second window at the margin of the completeness hinge, `p_0 exp(1)`. The paper does not describe this step.

    Args:
        activity: `(B, W, K + 1)` logits, background last.
        completeness: `(B, W, K)`.
        regression: `(B, W, K, 2)`.
    """
    count = activity.shape[1]
    segments = int((np.sqrt(8 * count + 1) - 1) / 2)
    probability = ops.softmax(activity, axis=-1)
    # At the margin a window is complete; without this limit, one window could dominate all others.
    score = probability[..., :-1] * ops.exp(ops.clip(completeness, -10.0, 1.0))
    start, end = refine(regression, segments)
    seconds = ops.reshape(ops.arange(segments, dtype="float32"), (-1, 1, 1))
    covered = ops.minimum(ops.expand_dims(end, 1), seconds + 1) - ops.maximum(ops.expand_dims(start, 1), seconds)
    best = ops.max(ops.where(covered > 0.5, ops.expand_dims(score, 1), 0.0), axis=2)
    single = np.flatnonzero(np.diff(windows(segments))[:, 0] == 1).tolist()
    background = ops.take(probability[..., -1:], ops.convert_to_tensor(single, "int32"), axis=1) * float(np.e)
    return ops.concatenate([best, background], axis=-1)


@keras.saving.register_keras_serializable(package="ave_keras")
class ProposalDecoding(keras.layers.Layer):
    """Turns the scores of all windows into one distribution per second: `(B, W, 4K + 1)` to `(B, T, K + 1)`.

    The last axis has K + 1 activity logits (background last), K completeness scores and 2K regressions. The scores of
    `decode` are divided by their sum over the classes. Computes and returns float32, because it is a model output.

    Args:
        num_classes: K + 1.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Example:

    >>> ProposalDecoding(29)(keras.random.normal((2, 55, 113))).shape
    (2, 10, 29)

    Reference:
        Zhao et al., ICCV 2017, Sec. 3.2-3.3; the decoding to seconds is ours.
    """

    def __init__(self, num_classes, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.num_classes = num_classes

    def build(self, input_shape):
        """There are no weights."""

    def call(self, inputs):
        """Decodes and normalizes the scores."""
        scores = decode(*split_scores(ops.cast(inputs, "float32"), self.num_classes))
        return ops.cast(scores / ops.sum(scores, axis=-1, keepdims=True), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """`(B, T, K + 1)`."""
        segments = int((np.sqrt(8 * input_shape[1] + 1) - 1) / 2)
        return (input_shape[0], segments, self.num_classes)

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "num_classes": self.num_classes}


def split_scores(scores, num_classes):
    """`(..., W, 4K + 1)` to activity `(..., W, K + 1)`, completeness `(..., W, K)` and regression `(..., W, K, 2)`."""
    k = num_classes - 1
    shape = (*ops.shape(scores)[:-1], k, 2)
    regression = ops.reshape(scores[..., 2 * k + 1 :], shape)
    return scores[..., : k + 1], scores[..., k + 1 : 2 * k + 1], regression
