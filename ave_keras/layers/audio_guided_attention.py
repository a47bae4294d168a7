"""Audio-guided visual attention: the sound selects cells of the picture (paper Sec. 4.2, Eq. 2-4)."""

import math

import keras
from keras import ops

from ave_keras.errors import AVEError
from ave_keras.runtime import onednn

AUDIO_AXES = ("hidden", "cells")


def attention_weights(visual_scores, audio_scores, score_kernel, audio_axis="hidden"):
    """Eq. 3-4: `softmax(W_f tanh(W_v U_v(v) + (W_a U_a(a)) 1^T))`, the softmax over the cells in float32.

    Args:
        visual_scores: `W_v U_v(v)`, `(..., K, H)`, for K cells and H hidden units.
        audio_scores: `W_a U_a(a)`, `(..., H)`, or `(..., K)` with `audio_axis="cells"`.
        score_kernel: `W_f`, `(H, 1)`.
        audio_axis: The axis of `(K, H)` along which the audio term varies, see `AudioGuidedAttention`.

    Returns:
        `(..., K)` weights that sum to one, in the dtype of `visual_scores`.
    """
    audio_scores = ops.expand_dims(audio_scores, -2 if audio_axis == "hidden" else -1)
    scores = ops.squeeze(ops.matmul(ops.tanh(visual_scores + audio_scores), score_kernel), -1)
    return ops.cast(ops.softmax(ops.cast(scores, "float32"), axis=-1), scores.dtype)


def thin_product(matrix, kernel):
    """`matrix @ kernel` for an `(N, d)` matrix with many rows and a `(d, h)` kernel with few columns.

    On a CPU, TensorFlow computes the kernel's gradient `matrix^T @ upstream` at less than half the speed of its
    transpose `upstream^T @ matrix`. Using the transpose saves a tenth of `av_att`'s train step.
    """

    @ops.custom_gradient
    def product(matrix, kernel):
        def gradients(upstream):
            kernel_gradient = ops.transpose(ops.matmul(ops.transpose(upstream), matrix))
            return ops.matmul(upstream, ops.transpose(kernel)), kernel_gradient

        return ops.matmul(matrix, kernel), gradients

    return product(matrix, kernel)


def attend(weights, cells):
    """Eq. 2: `sum_i w_i v_i`; weights `(..., K)`, cells `(..., K, C)`, result `(..., C)`."""
    return ops.squeeze(ops.matmul(ops.expand_dims(weights, -2), cells), -2)


@keras.saving.register_keras_serializable(package="ave_keras")
class AudioGuidedAttention(keras.layers.Layer):
    """Pools the cells of a visual map with weights that depend on the sound of the same segment.

    `v_att = sum_i w_i v_i` (Eq. 2), `w = softmax(x)` (Eq. 3), `x = W_f tanh(W_v U_v(v) + (W_a U_a(a)) 1^T)` (Eq. 4),
    where `U_v` and `U_a` are dense layers with ReLU and `units` units. As in the paper, `W_v` and `W_a` have as many
    hidden units as the map has cells, and the three W have no biases.

    The released code adds the audio term along the *cells* instead of the hidden units (it transposes `(W_a U_a(a))
    1^T`), so that the sound adds a separate bias to each cell. `audio_axis="cells"` does the same; the default is
    Eq. 4.

    The mask of `audio` (one entry per segment) passes through unchanged, because segments do not interact here.

    Args:
        units: d, the width of `U_v` and `U_a`.
        audio_axis: `"hidden"` (Eq. 4) or `"cells"` (released code).
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        audio: `(..., d_a)`, one vector per segment.
        visual: `(..., H, W, d_v)`, one map per segment, with the same leading axes as `audio`.
        return_attention_scores: Whether to return the weights too.

    Returns:
        `(..., d_v)`, the attended visual feature; with `return_attention_scores`, also the weights `(..., H, W)`, which
        sum to one over (H, W).

    Raises:
        AVEError: `audio_axis` is unknown, or the ranks or leading axes of the inputs do not match.

    Example:

    >>> layer = AudioGuidedAttention()
    >>> layer(keras.random.normal((2, 10, 128)), keras.random.normal((2, 10, 7, 7, 512))).shape
    (2, 10, 512)

    Reference:
        Tian et al., Audio-Visual Event Localization in Unconstrained Videos, ECCV 2018, Sec. 4.2.
    """

    def __init__(self, units=512, audio_axis="hidden", **kwargs):
        super().__init__(**kwargs)
        if audio_axis not in AUDIO_AXES:
            raise AVEError(
                "unknown audio_axis of AudioGuidedAttention", expected=f"one of {AUDIO_AXES}", found=audio_axis
            )
        self.units = units
        self.audio_axis = audio_axis
        self.supports_masking = True
        self.audio_projection = self._dense(units, "audio_projection", activation="relu")
        self.visual_projection = self._dense(units, "visual_projection", activation="relu")

    def _dense(self, units, name, **kwargs):
        return keras.layers.Dense(units, name=name, dtype=self.dtype_policy, **kwargs)

    def build(self, audio_shape, visual_shape):
        """Creates the weights for `(..., d_a)` and `(..., H, W, d_v)`."""
        self._check(audio_shape, visual_shape)
        cells = visual_shape[-3] * visual_shape[-2]
        cells_shape = (*visual_shape[:-3], cells, visual_shape[-1])
        self.audio_projection.build(audio_shape)
        self.visual_projection.build(cells_shape)
        self.audio_score = self._dense(cells, "audio_score", use_bias=False)
        self.visual_score = self._dense(cells, "visual_score", use_bias=False)
        self.audio_score.build((*audio_shape[:-1], self.units))
        self.visual_score.build((*cells_shape[:-1], self.units))
        self.score_kernel = self.add_weight(shape=(cells, 1), initializer="glorot_uniform", name="score_kernel")

    def call(self, audio, visual, return_attention_scores=False):
        """Attends to the cells of `visual`, guided by `audio`."""
        *leading, height, width, channels = ops.shape(visual)
        weights = attention_weights(
            ops.reshape(self._visual_scores(visual), (*leading, height * width, -1)),
            self.audio_score(self.audio_projection(audio)),
            ops.cast(self.score_kernel, self.compute_dtype),
            self.audio_axis,
        )
        attended = attend(weights, ops.reshape(visual, (*leading, height * width, channels)))
        if return_attention_scores:
            return attended, ops.reshape(weights, (*leading, height, width))
        return attended

    def _visual_scores(self, visual):
        """`W_v U_v(v)` for all cells of all segments; its products take most of the time of a train step."""
        projection, score = self.visual_projection, self.visual_score
        shape = ops.shape(visual)
        quantized = projection.quantization_mode or score.quantization_mode
        if not quantized and onednn.convolves(visual):
            maps = ops.reshape(visual, (-1, *shape[-3:]))
            return onednn.convolve(onednn.convolve(maps, projection.kernel, projection.bias, relu=True), score.kernel)
        # TensorFlow fuses product, bias and ReLU only for matrices; this saves a tenth of the train step.
        cells = projection(ops.reshape(visual, (-1, shape[-1])))
        if keras.backend.backend() != "tensorflow" or quantized:
            return score(cells)
        return thin_product(cells, ops.cast(score.kernel, self.compute_dtype))

    def compute_output_spec(self, audio, visual, return_attention_scores=False):
        """The symbolic `(..., d_v)` and, if requested, `(..., H, W)`."""
        self._check(audio.shape, visual.shape)
        *leading, height, width, channels = visual.shape
        attended = keras.KerasTensor((*leading, channels), dtype=self.compute_dtype)
        if return_attention_scores:
            return attended, keras.KerasTensor((*leading, height, width), dtype=self.compute_dtype)
        return attended

    def compute_output_shape(self, audio_shape, visual_shape):
        """`(..., d_v)`."""
        return (*visual_shape[:-3], visual_shape[-1])

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "units": self.units, "audio_axis": self.audio_axis}

    def _check(self, audio_shape, visual_shape):
        fits = len(visual_shape) == len(audio_shape) + 2 and len(audio_shape) > 1
        fits = fits and all(
            a is None or v is None or a == v for a, v in zip(audio_shape[:-1], visual_shape[:-3], strict=True)
        )
        if not fits or None in (*visual_shape[-3:], audio_shape[-1]) or math.prod(visual_shape[-3:-1]) < 1:
            raise AVEError(
                "AudioGuidedAttention cannot pair these inputs",
                expected="audio (..., d_a) and visual (..., H, W, d_v), same leading axes, known H, W, d_v, d_a",
                found=f"audio {tuple(audio_shape)}, visual {tuple(visual_shape)}",
            )
