"""Proposals of a short clip: all its windows, what lies in and around them, and their way back to seconds."""

from itertools import pairwise

import keras
import numpy as np
from keras import ops

from ave_keras.errors import AVEError

# Parts per proposal before, in and after it, and the levels of the pyramid over the middle (SSN's released settings).
START, COURSE, END = 2, 5, 2
PYRAMID = 5


def windows(segments):
    """All windows of T seconds as `(W, 2)` integers `[start, end)`, W = T (T + 1) / 2, ordered by start, then end."""
    return np.array([(s, e) for s in range(segments) for e in range(s + 1, segments + 1)])


def overlap(start, end, segments):
    """The share of the span `[start, end)` in each second, `(T,)`; what lies outside the clip counts for nothing."""
    seconds = np.arange(segments)
    inside = np.minimum(end, seconds + 1) - np.maximum(start, seconds)
    return np.clip(inside, 0, None) / (end - start)


def pyramid(segments):
    """The averaging weights `(W, 5, T)` of the structured temporal pyramid over every window.

    A window of d seconds is extended by d/2 to both sides. Its stages are the extension before (2 parts), the window (5
    parts) and the extension after (2 parts); each part averages its span, and the pyramid averages parts: start, the
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

    W = T (T + 1) / 2 windows; along the axis of 5: the start stage, the whole course, its first and last part, the end
    stage. Every entry is a fixed average of the seconds, so that there are no weights. Cost: a product of `(5 W, T)`
    with `(T, D)` per video.

    Masks are not supported: T is the same for all videos.

    Raises:
        AVEError: inputs not of rank 3, or T below 2 or unknown.

    Example:

    >>> StructuredPyramidPooling()(keras.random.normal((2, 10, 512))).shape
    (2, 55, 5, 512)

    Reference:
        Zhao et al., Temporal action detection with structured segment networks, ICCV 2017, Sec. 3.
    """

    def build(self, input_shape):
        """Lays out the averages for T seconds."""
        if len(input_shape) != 3 or input_shape[1] is None or input_shape[1] < 2:
            raise AVEError(
                "no proposals can be made",
                key="segments",
                expected="inputs (B, T, D) with a known T of 2 or more",
                found=tuple(input_shape),
            )
        self.table = pyramid(input_shape[1]).astype("float32")

    def call(self, inputs):
        """Averages."""
        # A product of matrices for every clip; an einsum of (W, 5, T) moves all that it returns once more.
        count, parts, segments = self.table.shape
        table = ops.convert_to_tensor(self.table.reshape(-1, segments), self.compute_dtype)
        return ops.reshape(ops.matmul(table, inputs), (-1, count, parts, inputs.shape[-1]))

    def compute_output_shape(self, input_shape):
        """`(B, W, 5, D)`."""
        batch, segments, width = input_shape
        return (batch, segments * (segments + 1) // 2, PYRAMID, width)


def centers_and_lengths(segments):
    """Two float32 tensors `(W,)` of all windows."""
    spans = windows(segments)
    return (ops.convert_to_tensor(x, "float32") for x in (spans.mean(1), spans[:, 1] - spans[:, 0]))


def refine(regression, segments):
    """The windows moved and stretched by `(..., W, K, 2)`: start and end `(..., W, K)`.

    The first number shifts the centre by that many lengths, the second is the logarithm of the stretch.
    """
    center, length = (ops.expand_dims(x, -1) for x in centers_and_lengths(segments))
    center = center + regression[..., 0] * length
    # A window cannot become longer than the clip; without the limit an untrained network overflows.
    length = length * ops.exp(ops.clip(regression[..., 1], -np.log(segments), np.log(segments)))
    return center - length / 2, center + length / 2


def decode(activity, completeness, regression):
    """Scores of seconds `(B, T, K + 1)` from scores of windows.

    A window's score for class k is `p_k exp(c_k)`, as in SSN; a second takes, for every class, the best-scoring window
    whose refined span covers more than half of it. Background has no completeness: the one-second window's own `p_0`
    competes at the margin of the completeness hinge, `p_0 exp(1)`. The paper does not describe this step.

    Args:
        activity: `(B, W, K + 1)` logits, background last.
        completeness: `(B, W, K)`.
        regression: `(B, W, K, 2)`.
    """
    count = activity.shape[1]
    segments = int((np.sqrt(8 * count + 1) - 1) / 2)
    probability = ops.softmax(activity, axis=-1)
    # Beyond the margin a window is complete; more would let one window outshout all others.
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

    The last axis holds K + 1 activity logits (background last), K completeness scores and 2K regressions. See `decode`;
    the scores of a second are divided by their sum. Computed in float32 and returned so, since it is a model's answer.

    Args:
        num_classes: K + 1.
        **kwargs: `name`, `dtype`, as for every Keras layer.

    Example:

    >>> ProposalDecoding(29)(keras.random.normal((2, 55, 113))).shape
    (2, 10, 29)

    Reference:
        Zhao et al., ICCV 2017, Sec. 3.2-3.3; the step to seconds is ours.
    """

    def __init__(self, num_classes, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.num_classes = num_classes

    def build(self, input_shape):
        """There are no weights."""

    def call(self, inputs):
        """Decodes and normalizes."""
        scores = decode(*split_scores(ops.cast(inputs, "float32"), self.num_classes))
        return ops.cast(scores / ops.sum(scores, axis=-1, keepdims=True), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """`(B, T, K + 1)`."""
        segments = int((np.sqrt(8 * input_shape[1] + 1) - 1) / 2)
        return (input_shape[0], segments, self.num_classes)

    def get_config(self):
        """Constructor arguments, JSON-able."""
        return {**super().get_config(), "num_classes": self.num_classes}


def split_scores(scores, num_classes):
    """`(..., W, 4K + 1)` into activity `(..., W, K + 1)`, completeness `(..., W, K)`, regression `(..., W, K, 2)`."""
    k = num_classes - 1
    shape = (*ops.shape(scores)[:-1], k, 2)
    regression = ops.reshape(scores[..., 2 * k + 1 :], shape)
    return scores[..., : k + 1], scores[..., k + 1 : 2 * k + 1], regression
