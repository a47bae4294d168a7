"""The audio side of CACE-Net: pictures amplify the dimensions of the sound."""

import keras
from keras import ops

from ave_keras.layers.cross_modal.base import CrossModal, same
from ave_keras.layers.cross_modal.gated_scaling import scale_by_gate
from ave_keras.layers.cross_modal.unscaled_attention import UnscaledAttention


@keras.saving.register_keras_serializable(package="ave_keras")
class VisualGuidedAudio(CrossModal):
    """Seconds of the picture attend to seconds of the sound; the result gates the sound.

    `t = LayerNorm(a + dropout(softmax(Q a (K a)^T) V a))`, `o = softmax(Q' v (K' t)^T) V' t`, and the result is
    `a * (1 + psi s(o))`; s is the sigmoid. All layers have the width of the sound, one head and no scaling.

    Args:
        psi: The strength of the guidance. With 0, the sound passes through unchanged and no weight gets a gradient.
        dropout: The rate of the dropout.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        audio: a, `(..., T, d_a)`.
        visual: v, `(..., T, d_v)` with the same leading axes, such as the mean over the cells of a map.

    Returns:
        `(..., T, d_a)`.

    Raises:
        AVEError: An argument is out of range, or the shapes of the inputs do not fit together.

    Example:

    >>> VisualGuidedAudio()(keras.random.normal((2, 10, 128)), keras.random.normal((2, 10, 512))).shape
    (2, 10, 128)

    Reference:
        He et al., CACE-Net: Co-guidance attention and contrastive enhancement for effective audio-visual event
        localization, ACM MM 2024; form and sizes from its released code.
    """

    def __init__(self, psi=0.3, dropout=0.2, **kwargs):
        super().__init__(**kwargs)
        self.psi = self.finite("psi", psi)
        self.dropout = self.fraction("dropout", dropout)

    def build(self, audio_shape, visual_shape):
        """Creates both attentions and the normalization."""
        fits = len(audio_shape) == len(visual_shape) >= 3 and all(map(same, audio_shape[:-1], visual_shape[:-1]))
        fits = fits and None not in (audio_shape[-1], visual_shape[-1])
        expected = "audio (..., T, d_a) and visual (..., T, d_v), same leading axes, known widths"
        self.check_shapes(fits, expected, audio_shape, visual_shape)
        self.self_attention = self._attention("self_attention", audio_shape, audio_shape)
        self.norm = self.normalization("norm", audio_shape)
        self.cross_attention = self._attention("cross_attention", visual_shape, audio_shape)
        self.dropping = self.drop(self.dropout, "dropout")

    def _attention(self, name, query_shape, memory_shape):
        width = memory_shape[-1]
        layer = UnscaledAttention(width, width, name=name, dtype=self.dtype_policy)
        return self.built_sublayer(layer, query_shape, memory_shape)

    def call(self, audio, visual):
        """Gates the sound."""
        context = self.norm(audio + self.dropping(self.self_attention(audio, audio)))
        gate = ops.sigmoid(self.cross_attention(visual, context))
        return scale_by_gate(audio, gate, self.psi, 1.0)

    def compute_output_shape(self, audio_shape, visual_shape):
        """`(..., T, d_a)`."""
        return tuple(audio_shape)

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "psi": self.psi, "dropout": self.dropout}
