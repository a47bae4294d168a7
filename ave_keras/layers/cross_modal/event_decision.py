"""Combines an event probability per second and class probabilities per video to probabilities per second."""

import keras
from keras import ops

from ave_keras.layers.cross_modal.base import CrossModal, same

# Some units in the last place of float32, so that the decided column is the largest in spite of ties and rounding.
MARGIN = 1 + 1e-6
# Makes a distribution even of class scores that are all zero.
LEAST = 1e-30


def decide(event, category, background):
    """`EventDecision` as a function of `event (B, T)` and `category (B, C)` or `(B, C + 1)`, in float32."""
    event, category = (ops.cast(x, "float32") for x in (event, category))
    share, largest = ops.expand_dims(event, -1), ops.max(category, axis=-1, keepdims=True)
    weights, none = share * ops.expand_dims(category, 1), (1 - share) * ops.expand_dims(largest, 1)
    # The first largest class, without `argmax`, whose form in TensorFlow no other runtime can run.
    equal = ops.cast(ops.equal(category, largest), "float32")
    first = equal * ops.cast(ops.cumsum(equal, axis=-1) < 1.5, "float32")
    on = ops.cast(share > 0.5, "float32")
    decided, off = on * ops.expand_dims(first, 1), 1 - on
    if background:
        weights, none = weights[..., :-1], ops.maximum(none, weights[..., -1:])
        decided, off = decided[..., :-1], off + decided[..., -1:]
    weights, decided = (ops.concatenate(parts, axis=-1) for parts in ((weights, none), (decided, off)))
    weights = ops.where(decided > 0.5, ops.maximum(weights * MARGIN, LEAST), weights)
    return weights / ops.sum(weights, axis=-1, keepdims=True)


@keras.saving.register_keras_serializable(package="ave_keras")
class EventDecision(CrossModal):
    """Distributions per second whose largest column is the decision of the released two-headed networks.

    These networks say for every second whether there is an event, p_t, and for the video which class it is, q. Their
    decision for a second is the first largest class of q if `p_t > 0.5`, else background. The weights `p_t q_k` of
    the classes and `(1 - p_t) max q` of background have that maximum; they are divided by their sum. If q has a column
    for background, the weight of background is `max(p_t q_bg, (1 - p_t) max q)`. The decided column is multiplied by
    `1 + 1e-6`, so that the maximum is right for equal weights and after rounding, too.

    Computes and returns float32 under every dtype policy.

    Args:
        background: Whether the last column of q is background.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        event: p, `(B, T)`, probabilities.
        category: q, `(B, C)`, probabilities; `(B, C + 1)` with `background`.

    Returns:
        `(B, T, C + 1)`, background last; every distribution sums to one.

    Raises:
        AVEError: The inputs are not of rank 2, or differ in their batch size.

    Example:

    >>> EventDecision()(keras.random.uniform((2, 10)), keras.ops.ones((2, 28)) / 28).shape
    (2, 10, 29)

    Reference:
        The decision rule is that of the released code of CMRAN, CPSP, CMBS and CACE-Net; the distribution is ours.
    """

    def __init__(self, background=False, **kwargs):
        # Without automatic casting: half precision rounds a probability beside 0.5 to 0.5.
        super().__init__(**{"dtype": "float32", **kwargs, "autocast": False})
        self.background = bool(background)

    def build(self, event_shape, category_shape):
        """Checks the shapes; there are no weights."""
        fits = len(event_shape) == len(category_shape) == 2 and same(event_shape[0], category_shape[0])
        fits = fits and category_shape[1] is not None and category_shape[1] > int(self.background)
        expected = "event (B, T) and category (B, C) with a known C"
        self.check_shapes(fits, expected, event_shape, category_shape)

    def call(self, event, category):
        """Combines the probabilities."""
        return decide(event, category, self.background)

    def compute_output_spec(self, event, category):
        """The symbolic `(B, T, C + 1)`."""
        return keras.KerasTensor(self.compute_output_shape(event.shape, category.shape), dtype="float32")

    def compute_output_shape(self, event_shape, category_shape):
        """`(B, T, C + 1)`."""
        return (*event_shape, category_shape[1] + (not self.background))

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "background": self.background}
