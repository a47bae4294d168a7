"""The supervised contrastive loss of CACE-Net, between the seconds of a video."""

import keras
from keras import ops


def supervised_contrastive(events, features, temperature):
    """`log|P| + log sum_(j != i) e^(S_ij) - log sum_(j in P) e^(S_ij)`, the mean over both views of all seconds.

    The positives P of an event second are all event seconds of both views but itself; those of a background second are
    the same second in the other view. Log-sum-exp, because `e^(1 / 0.01)` overflows in float32.

    Args:
        events: `(B, T)`, 1 in the event, else 0.
        features: `(B, 2 T, d)`, the normalized features of the seconds in one view, then in the other.
        temperature: S is the product of two features, divided by it.

    Returns:
        `(B,)`.
    """
    features = ops.convert_to_tensor(features)
    scores = ops.matmul(features, ops.transpose(features, (0, 2, 1))) / temperature
    segments = events.shape[1]
    events = ops.tile(ops.cast(events, features.dtype), (1, 2))
    others = 1 - ops.eye(2 * segments, dtype=features.dtype)
    views = ops.tile(ops.eye(segments, dtype=features.dtype), (2, 2)) * others
    event = ops.expand_dims(events, 2)
    positives = event * ops.expand_dims(events, 1) * others + (1 - event) * views
    # The event of one second has its other view as the only positive; every row has one.
    masked = (ops.where(mask > 0, scores, -1e9) for mask in (ops.broadcast_to(others, ops.shape(scores)), positives))
    all_others, attracted = (ops.logsumexp(x, axis=-1) for x in masked)
    return ops.mean(ops.log(ops.sum(positives, axis=-1)) + all_others - attracted, axis=-1)


@keras.saving.register_keras_serializable(package="ave_keras")
class SupervisedContrastive(keras.losses.Loss):
    """Attracts the event seconds of a video to each other, and every background second to its noisy copy.

    `y_true` is `(B, T)`, 1 in the event, else 0; -1 everywhere ignores the video, as before the loss has started.
    `y_pred` is `(B, 2 T, d)`, see `supervised_contrastive`.

    Args:
        temperature: The temperature.
        name: The name of the loss.
        **kwargs: The usual arguments of a Keras loss, such as `reduction` and `dtype`.

    Example:

    >>> model.compile("adam", {"contrast": SupervisedContrastive()})

    Reference:
        He et al., CACE-Net: Co-guidance Attention and Contrastive Enhancement for Effective Audio-Visual Event
        Localization, ACM MM 2024.
    """

    def __init__(self, temperature=0.01, name="supervised_contrastive", **kwargs):
        super().__init__(name=name, **kwargs)
        self.temperature = temperature

    def call(self, y_true, y_pred):
        """The loss of every video, `(B,)`."""
        y_true = ops.cast(y_true, "float32")
        used = ops.cast(y_true[:, 0] >= 0, "float32")
        return used * supervised_contrastive(ops.maximum(y_true, 0), ops.cast(y_pred, "float32"), self.temperature)

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "temperature": self.temperature}
