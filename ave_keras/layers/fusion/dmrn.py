"""The dual multimodal residual network, the paper's own fusion (Sec. 4.3, Eq. 5-6)."""

import keras
from keras import ops

from ave_keras.layers.fusion.base import Fusion, check_pair


def dual_residual(audio, visual, merged, swapped=False):
    """Eq. 5-6: `(tanh(a + f), tanh(v + f))`, all `(..., d)`; swapped, the streams exchange residuals."""
    audio, visual = ops.tanh(audio + merged), ops.tanh(visual + merged)
    return (visual, audio) if swapped else (audio, visual)


@keras.saving.register_keras_serializable(package="ave_keras")
class DMRN(Fusion):
    """Updates the audio and visual streams jointly and averages them.

    Each block computes `f = (U_a(a) + U_v(v)) / 2`, with two-layer networks `U = Dense(d) tanh Dense(d)`, and updates
    `a' = tanh(a + f)`, `v' = tanh(v + f)` (Eq. 5-6). The joint vector is `(a' + v') / 2` after the last block. Inputs
    of another width than `units`, as before the LSTMs, are first projected linearly, because Eq. 5-6 add them.

    The paper defines `f` only as "an additive fusion function"; the networks and the factor 1/2 come from the released
    code. That code also swaps the residuals, `a' = tanh(v + f)` (`swapped=True`), which matters only for more than one
    block.

    Args:
        units: d, the width of both streams and of the joint vector.
        blocks: The number of updates; in the paper, one is enough.
        shared: Whether all blocks share one pair `U_a`, `U_v`, as in the released code.
        swapped: Whether the streams exchange residuals, as in the released code.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        audio: `(..., d_a)`.
        visual: `(..., d_v)` with the same leading axes.

    Returns:
        `(..., units)`.

    Raises:
        AVEError: `units` or `blocks` is below 1, or the leading axes of the inputs differ.

    Example:

    >>> DMRN()(keras.random.normal((2, 10, 256)), keras.random.normal((2, 10, 256))).shape
    (2, 10, 256)

    Reference:
        Tian et al., ECCV 2018, Sec. 4.3, Fig. 4(b).
    """

    def __init__(self, units=256, blocks=1, shared=True, swapped=False, **kwargs):
        super().__init__(units, **kwargs)
        self.blocks = self.positive("blocks", blocks)
        self.shared = shared
        self.swapped = swapped

    def build(self, audio_shape, visual_shape):
        """Creates the networks, and projections for inputs of another width than `units`."""
        check_pair(self, audio_shape, visual_shape)
        hidden = (*audio_shape[:-1], self.units)
        self.audio_width = self.visual_width = None
        if audio_shape[-1] != self.units:
            self.audio_width = self.dense(self.units, "audio_width", audio_shape)
        if visual_shape[-1] != self.units:
            self.visual_width = self.dense(self.units, "visual_width", visual_shape)
        self.audio_hidden, self.audio_output, self.visual_hidden, self.visual_output = [], [], [], []
        for block in range(1 if self.shared else self.blocks):
            for modality in ("audio", "visual"):
                first = self.dense(self.units, f"{modality}_hidden_{block}", hidden, use_bias=True, activation="tanh")
                second = self.dense(self.units, f"{modality}_output_{block}", hidden, use_bias=True)
                getattr(self, f"{modality}_hidden").append(first)
                getattr(self, f"{modality}_output").append(second)

    def call(self, audio, visual):
        """Updates both streams block by block and averages them."""
        audio = self.audio_width(audio) if self.audio_width else audio
        visual = self.visual_width(visual) if self.visual_width else visual
        for block in range(self.blocks):
            own = 0 if self.shared else block
            from_audio = self.audio_output[own](self.audio_hidden[own](audio))
            from_visual = self.visual_output[own](self.visual_hidden[own](visual))
            audio, visual = dual_residual(audio, visual, 0.5 * (from_audio + from_visual), self.swapped)
        return 0.5 * (audio + visual)

    def get_config(self):
        """The constructor arguments."""
        own = {"blocks": self.blocks, "shared": self.shared, "swapped": self.swapped}
        return {**super().get_config(), **own}
