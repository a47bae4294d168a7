"""The multimodal residual network: updates one modality with information from the other."""

import keras

from ave_keras.layers.fusion.base import MODALITIES, Fusion, check_pair


@keras.saving.register_keras_serializable(package="ave_keras")
class MRN(Fusion):
    """`q' = W q + tanh(W_q q) * tanh(W_2 tanh(W_1 c))`, once per block; only q is updated, c is constant.

    Each block has its own four matrices.

    Args:
        units: d, the width of the joint vector.
        residual: The modality q, `"audio"` or `"visual"`; the paper does not specify it.
        blocks: The number of updates.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        audio: `(..., d_a)`.
        visual: `(..., d_v)` with the same leading axes.

    Returns:
        `(..., units)`.

    Raises:
        AVEError: `units` or `blocks` is below 1, `residual` is unknown, or the leading axes of the inputs differ.

    Example:

    >>> MRN(256, residual="visual")(keras.random.normal((2, 10, 128)), keras.random.normal((2, 10, 512))).shape
    (2, 10, 256)

    Reference:
        Kim et al., Multimodal residual learning for visual QA, NIPS 2016; Tian et al., ECCV 2018, Sec. 4.3 and Table 2.
    """

    def __init__(self, units=256, residual="audio", blocks=1, **kwargs):
        super().__init__(units, **kwargs)
        self.residual = self.choice("residual", residual, MODALITIES)
        self.blocks = self.positive("blocks", blocks)

    def build(self, audio_shape, visual_shape):
        """Creates `W`, `W_q`, `W_1` and `W_2` of each block."""
        check_pair(self, audio_shape, visual_shape)
        query, context = (audio_shape, visual_shape) if self.residual == "audio" else (visual_shape, audio_shape)
        hidden = (*audio_shape[:-1], self.units)
        # Flat lists, because not every Keras version tracks layers in nested lists.
        self.shortcuts, self.queries, self.contexts, self.updates = [], [], [], []
        for block in range(self.blocks):
            query = hidden if block else query
            self.shortcuts.append(self.dense(self.units, f"shortcut_{block}", query))
            self.queries.append(self.dense(self.units, f"query_{block}", query, activation="tanh"))
            self.contexts.append(self.dense(self.units, f"context_{block}", context, activation="tanh"))
            self.updates.append(self.dense(self.units, f"output_{block}", hidden, activation="tanh"))

    def call(self, audio, visual):
        """Updates the residual modality."""
        q, c = (audio, visual) if self.residual == "audio" else (visual, audio)
        for block in range(self.blocks):
            q = self.shortcuts[block](q) + self.queries[block](q) * self.updates[block](self.contexts[block](c))
        return q

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "residual": self.residual, "blocks": self.blocks}
