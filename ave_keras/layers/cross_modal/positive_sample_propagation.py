"""Positive sample propagation: seconds exchange features with the seconds of the other modality that match them."""

import math

from keras import ops
from keras.saving import register_keras_serializable

from ave_keras.layers.cross_modal.base import CrossModal, same

FORMS = ("full", "weak")
# As in the released code, rows without a positive pair stay zero.
EPSILON = 1e-8
NORM_EPSILON = 1e-6


def similarities(visual, audio):
    """`relu(v a^T / sqrt(d))` in float32: `(..., T_v, d)` and `(..., T_a, d)` to `(..., T_v, T_a)`."""
    products = ops.cast(ops.matmul(visual, ops.swapaxes(audio, -1, -2)), "float32")
    return ops.relu(products / math.sqrt(visual.shape[-1]))


def positive_weights(scores, threshold, renormalized):
    """Divides the rows of `scores (..., N, M)` by their sums and keeps shares above the threshold.

    Args:
        scores: Not negative, float32.
        threshold: Shares have to be greater than this; the comparison has no gradient.
        renormalized: Whether the kept shares are divided by their sum once more.
    """
    shares = scores / (ops.sum(scores, axis=-1, keepdims=True) + EPSILON)
    kept = ops.where(shares > threshold, shares, ops.zeros_like(shares))
    return kept / (ops.sum(kept, axis=-1, keepdims=True) + EPSILON) if renormalized else kept


@register_keras_serializable(package="ave_keras")
class PositiveSamplePropagation(CrossModal):
    """Adds to every second the features of the matching seconds of the other modality; weak matches are cut.

    With `v1 = relu(V1 v)`, `v2 = relu(V2 v)`, `a1 = relu(A1 a)`, `a2 = relu(A2 a)`:
    `R = relu(v2 a1^T / sqrt(d))`; `b_va = R / row sum`, `b_av = R^T / row sum`; `g = b` where `b > threshold`, else 0;
    `v' = v + g_va a2`, `a' = a + g_av v1`.

    The full form divides the rows of g by their sum again and applies one more layer, `v' = relu(V v')`,
    `a' = relu(A a')`. The weak form, of the weakly supervised PSP, does neither. One shared layer normalization
    (epsilon 1e-6) follows in both; the joint vector is `(v' + a') / 2`. No layer has a bias. In training, dropout
    applies after every ReLU of a projection. R and g are computed in float32.

    Args:
        threshold: Shares up to this are cut, in [0, 1); released: 0.099 and, weakly supervised, 0.095.
        form: `"full"` or `"weak"`.
        dropout: The rate of the dropout.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        audio: `(..., T, d)`.
        visual: `(..., T, d)`.

    Returns:
        `(fusion, audio, visual)`, all `(..., T, d)`.

    Raises:
        AVEError: An argument is out of range, or the inputs differ in their shapes.

    Example:

    >>> fusion, audio, visual = PositiveSamplePropagation()(*keras.random.normal((2, 4, 10, 256)))
    >>> fusion.shape
    (4, 10, 256)

    Reference:
        Zhou et al., Positive sample propagation along the audio-visual event line, CVPR 2021; dropout and epsilons
        from its released code.
    """

    def __init__(self, threshold=0.099, form="full", dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.threshold = self.fraction("threshold", threshold)
        self.form = self.choice("form", form, FORMS)
        self.dropout = self.fraction("dropout", dropout)

    def build(self, audio_shape, visual_shape):
        """Creates the projections of both streams and the shared normalization."""
        fits = len(audio_shape) == len(visual_shape) >= 3 and all(map(same, audio_shape, visual_shape))
        expected = "audio and visual (..., T, d) of the same shape, with a known d"
        self.check_shapes(fits and None not in (audio_shape[-1], visual_shape[-1]), expected, audio_shape, visual_shape)
        self.audio_first = self._project("audio_first", audio_shape)
        self.audio_second = self._project("audio_second", audio_shape)
        self.visual_first = self._project("visual_first", audio_shape)
        self.visual_second = self._project("visual_second", audio_shape)
        if self.form == "full":
            self.audio_output = self._project("audio_output", audio_shape)
            self.visual_output = self._project("visual_output", audio_shape)
        self.norm = self.normalization("norm", audio_shape, NORM_EPSILON)
        self.dropping = self.drop(self.dropout, "dropout")

    def _project(self, name, shape):
        return self.dense(shape[-1], name, shape, use_bias=False, activation="relu")

    def call(self, audio, visual):
        """Propagates features between the streams and fuses them."""
        audio_first, audio_second = (self.dropping(f(audio)) for f in (self.audio_first, self.audio_second))
        visual_first, visual_second = (self.dropping(f(visual)) for f in (self.visual_first, self.visual_second))
        scores = similarities(visual_second, audio_first)
        to_visual, to_audio = (
            ops.cast(positive_weights(x, self.threshold, self.form == "full"), self.compute_dtype)
            for x in (scores, ops.swapaxes(scores, -1, -2))
        )
        audio, visual = (
            audio + ops.matmul(to_audio, visual_first),
            visual + ops.matmul(to_visual, audio_second),
        )
        if self.form == "full":
            audio, visual = self.dropping(self.audio_output(audio)), self.dropping(self.visual_output(visual))
        audio, visual = self.norm(audio), self.norm(visual)
        return 0.5 * (audio + visual), audio, visual

    def compute_output_shape(self, audio_shape, visual_shape):
        """Three times `(..., T, d)`."""
        return (tuple(visual_shape), tuple(audio_shape), tuple(visual_shape))

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "threshold": self.threshold, "form": self.form, "dropout": self.dropout}
