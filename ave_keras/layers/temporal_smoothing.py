"""Smooths the probabilities of the seconds of a video by a Markov chain, exactly, in one pass forth and back."""

import keras
from keras import ops

from ave_keras.layers.cross_modal.base import CrossModal


def chain_marginals(probabilities, stay):
    """The marginals of a Markov chain over classes whose evidence are the `probabilities (B, T, C)`.

    From one second to the next, the class stays with probability `stay`; otherwise it is drawn evenly. With evidence
    `p_t`, the marginal of second t is `p_t f_t b_t`, divided by its sum, where `f_t = A (f_{t-1} p_{t-1})`,
    `b_t = A (b_{t+1} p_{t+1})`, `A x = stay x + (1 - stay) mean(x)`, and f and b start with 1.
    """
    seconds = probabilities.shape[1]

    def messages(order):
        message, found = ops.ones_like(probabilities[:, 0]), {}
        for second in order:
            found[second] = message
            joint = message * probabilities[:, second]
            message = stay * joint + (1 - stay) * ops.mean(joint, axis=-1, keepdims=True)
            # The scale is free; without this, long videos would underflow.
            message = message / ops.maximum(ops.sum(message, axis=-1, keepdims=True), keras.config.epsilon())
        return ops.stack([found[second] for second in range(seconds)], axis=1)

    joint = probabilities * messages(range(seconds)) * messages(reversed(range(seconds)))
    total = ops.sum(joint, axis=-1, keepdims=True)
    # Seconds that exclude each other with probabilities of 0 and `stay` of nearly 1 keep their own evidence.
    return ops.where(total > 0, joint / ops.where(total > 0, total, ops.ones_like(total)), probabilities)


@keras.saving.register_keras_serializable(package="ave_keras")
class TemporalSmoothing(CrossModal):
    """The probabilities of each second, given all seconds: forward-backward in a Markov chain over classes.

    It has no weights and is off during training. Computes and returns float32 under every dtype policy.

    Args:
        stay: The probability that a second has the class of the one before, besides chance, in [0, 1); 0 changes
            nothing.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        inputs: `(B, T, C)` probabilities with a known T.
        training: Whether the model is being trained.

    Returns:
        `(B, T, C)` probabilities.

    Raises:
        AVEError: `stay` is out of range, or the inputs are not of rank 3 with a known T.

    Example:

    >>> TemporalSmoothing(0.5)(keras.ops.array([[[0.9, 0.1], [0.4, 0.6], [0.9, 0.1]]]))[0, 1]
    [0.7, 0.3]

    Reference:
        Rabiner, A tutorial on hidden Markov models, Proceedings of the IEEE, 1989, Sec. III.A.
    """

    def __init__(self, stay=0.5, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs, "autocast": False})
        self.stay = self.fraction("stay", stay)

    def build(self, input_shape):
        """Checks the shape; there are no weights."""
        fits = len(input_shape) == 3 and input_shape[1] is not None
        self.check_shapes(fits, "inputs (B, T, C) with a known T", input_shape)

    def call(self, inputs, training=False):
        """Smooths the probabilities, except in training."""
        inputs = ops.cast(inputs, "float32")
        return inputs if training else chain_marginals(inputs, self.stay)

    def compute_output_spec(self, inputs, training=False):
        """The symbolic `(B, T, C)`."""
        return keras.KerasTensor(inputs.shape, dtype="float32")

    def compute_output_shape(self, input_shape):
        """`(B, T, C)`."""
        return tuple(input_shape)

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "stay": self.stay}
