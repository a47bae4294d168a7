"""The losses of PSP and CPSP: similarity of sound and picture, and contrast between seconds and between videos."""

import keras
from keras import ops

from ave_keras.errors import AVEError

FAR = 1e12


def pair_similarity(y_true, similarity):
    """`mean_t (r_t / (sum_t r_t + 1e-8) - y_t)^2` with `r = relu(similarity)`; `(B, T)` and `(B, T)` to `(B,)`."""
    similarity = ops.relu(ops.convert_to_tensor(similarity))
    share = similarity / (ops.sum(similarity, axis=-1, keepdims=True) + 1e-8)
    return ops.mean(ops.square(share - ops.cast(y_true, share.dtype)), axis=-1)


def video_contrast(classes, features, margin, neighbours):
    """`max(0, ap_i - an_i + margin)` for every video.

    A video is the mean of the normalized features of its seconds. ap is the distance to the farthest video of the same
    class, an the mean distance to the nearest videos of other classes; a missing one counts as far away.

    Args:
        classes: `(B,)` integers.
        features: `(B, T, d)`.
        margin: The margin.
        neighbours: The number of nearest videos of other classes.

    Returns:
        `(B,)`.
    """
    videos = ops.mean(ops.normalize(features, axis=-1), axis=1)
    # Not by |x|^2 + |y|^2 - 2 x y, which cancels in float32.
    differences = ops.expand_dims(videos, 1) - ops.expand_dims(videos, 0)
    distances = ops.sqrt(ops.maximum(ops.sum(ops.square(differences), axis=-1), 1e-12))
    same = ops.equal(ops.expand_dims(classes, 0), ops.expand_dims(classes, 1))
    farthest = ops.max(ops.where(same, distances, -FAR), axis=1)
    # A batch with fewer videos than neighbours lacks some of them.
    missing = ops.full_like(distances[:, :1], FAR) * ops.ones((1, neighbours), distances.dtype)
    others = ops.sort(ops.concatenate([ops.where(same, FAR, distances), missing], axis=1), axis=1)
    return ops.relu(farthest - ops.mean(others[:, :neighbours], axis=1) + margin)


def segment_contrast(events, features, temperature):
    """InfoNCE between the seconds of a video: its event seconds attract each other, its background seconds repel.

    For an event second i, `-log(sum_j e^(s_ij / t) / (sum_j e^(s_ij / t) + sum_n e^(s_in / t)))` over the other event
    seconds j and the background seconds n; the mean over the event seconds that have both.

    Args:
        events: `(B, T)`, 1 in the event, else 0.
        features: `(B, T, d)`.
        temperature: t.

    Returns:
        `(B,)`; 0 for videos without background or with fewer than two event seconds.
    """
    features = ops.normalize(features, axis=-1)
    scores = ops.matmul(features, ops.transpose(features, (0, 2, 1))) / temperature
    events = ops.cast(events, scores.dtype)
    pairs = ops.expand_dims(events, 1) * ops.expand_dims(events, 2) * (1 - ops.eye(events.shape[1], dtype=scores.dtype))
    negatives = ops.expand_dims(events, 2) * ops.expand_dims(1 - events, 1)
    anchors = ops.cast((ops.sum(pairs, axis=2) > 0) & (ops.sum(negatives, axis=2) > 0), scores.dtype)
    attracted, all_others = (_log_sum(scores, weights) for weights in (pairs, pairs + negatives))
    losses = (all_others - attracted) * anchors
    return ops.sum(losses, axis=1) / ops.maximum(ops.sum(anchors, axis=1), 1)


def _log_sum(scores, weights):
    """`log sum_j w_j e^(s_j)` over the last axis, for weights of 0 or 1; large and negative where all are 0."""
    return ops.logsumexp(ops.where(weights > 0, scores, -1e9), axis=-1)


def inert_segment_contrast(events):
    """The released form: `-log(1e-12)` times the background seconds per event second, whatever the features are.

    The released code sums over the anchors instead of the pairs. `(B, T)` to `(B,)`, 0 for videos without an event.
    """
    events = ops.cast(events, "float32")
    count = ops.sum(events, axis=1)
    return 27.631021115928547 * (events.shape[1] - count) / ops.maximum(count, 1) * ops.cast(count > 0, "float32")


def classes_of(y_true):
    """The class `(B,)` of one-hot video classes `(B, C)`, or of one-hot seconds `(B, T, C + 1)` with background last.

    As in the released code, a background second counts as class 0, and the video has the largest class of its seconds.
    """
    if len(y_true.shape) == 2:
        return ops.argmax(y_true, axis=-1)
    return ops.max(ops.argmax(y_true[..., :-1], axis=-1), axis=1)


@keras.saving.register_keras_serializable(package="ave_keras")
class PairSimilarity(keras.losses.Loss):
    """AVPS: the similarity of sound and picture, as shares of the seconds, should be that of the event.

    `y_true` is `(B, T)`, 1/n in the n seconds of the event; `y_pred` is `(B, T)`, the cosine of the two features of a
    second. The result is the mean of `(r_t / sum_t r_t - y_t)^2` with `r = relu(y_pred)`.

    Example:

    >>> model.compile("adam", {"similarity": PairSimilarity()})

    Reference:
        Zhou et al., Positive Sample Propagation along the Audio-Visual Event Line, CVPR 2021.
    """

    def __init__(self, name="pair_similarity", **kwargs):
        super().__init__(name=name, **kwargs)

    def call(self, y_true, y_pred):
        """The loss of every video, `(B,)`."""
        return pair_similarity(y_true, ops.cast(y_pred, "float32"))


@keras.saving.register_keras_serializable(package="ave_keras")
class SampleContrast(keras.losses.Loss):
    """The contrast terms of CPSP: between the videos of a batch (VPSA), and between the seconds of a video (SPSA).

    `y_true` is `(B, T, C + 1)`, the one-hot labels of the seconds, or without the term for seconds also `(B, C)`, the
    one-hot classes of the videos. `y_pred` is `(B, T, d)`, the fused feature of every second.

    The released SPSA has no gradient, because it sums over the wrong axis. `segments="released"` is its value, and
    `segments="contrast"` the term that the paper describes.

    Args:
        margin: The margin between the farthest video of the same class and the nearest ones of others.
        neighbours: The number of nearest videos of other classes.
        segment_weight: The weight of the term for seconds; 0 for none.
        segments: "released" or "contrast".
        temperature: The temperature of the term for seconds.
        name: The name of the loss.
        **kwargs: The usual arguments of a Keras loss, such as `reduction` and `dtype`.

    Raises:
        AVEError: `segments` is unknown, or `y_true` has no seconds and the term for seconds has a weight.

    Example:

    >>> model.compile("adam", {"fusion": SampleContrast(segment_weight=0.01)})

    Reference:
        Zhou, Guo and Wang, Contrastive Positive Sample Propagation along the Audio-Visual Event Line, TPAMI 2022.
    """

    def __init__(
        self,
        margin=0.2,
        neighbours=3,
        segment_weight=0.0,
        segments="released",
        temperature=0.6,
        name="sample_contrast",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if segments not in ("released", "contrast"):
            expected = "released or contrast"
            raise AVEError("unknown form of SampleContrast", key="segments", expected=expected, found=repr(segments))
        self.margin, self.neighbours, self.segment_weight = margin, neighbours, segment_weight
        self.segments, self.temperature = segments, temperature

    def call(self, y_true, y_pred):
        """The loss of every video, `(B,)`."""
        y_pred, y_true = ops.cast(y_pred, "float32"), ops.cast(y_true, "float32")
        loss = video_contrast(classes_of(y_true), y_pred, self.margin, self.neighbours)
        if not self.segment_weight:
            return loss
        if len(y_true.shape) != 3:
            expected = "labels (B, T, C + 1) for the term between seconds"
            raise AVEError("SampleContrast needs the labels of the seconds", expected=expected, found=y_true.shape)
        events = ops.max(y_true[..., :-1], axis=-1)
        if self.segments == "released":
            term = inert_segment_contrast(events)
        else:
            term = segment_contrast(events, y_pred, self.temperature)
        # The mean is over the videos with an event, not over the batch.
        valid = ops.cast(ops.max(events, axis=1) > 0, "float32")
        mean = ops.sum(term * valid) / ops.maximum(ops.sum(valid), 1)
        return loss + self.segment_weight * mean

    def get_config(self):
        """The constructor arguments."""
        own = {key: getattr(self, key) for key in ("margin", "neighbours", "segment_weight", "segments", "temperature")}
        return {**super().get_config(), **own}
