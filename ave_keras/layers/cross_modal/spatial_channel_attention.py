"""Audio-guided spatial-channel attention: the sound selects channels, then cells of the picture."""

import keras
from keras import ops

from ave_keras.layers.cross_modal.base import CrossModal, flatten_cells, same
from ave_keras.layers.cross_modal.guided_pooling import GuidedPooling


def amplify(visual, gate):
    """`v * (1 + c)`: visual `(..., H, W, C)`, one gate `(..., C)` for all cells of a map."""
    return visual * (1 + ops.expand_dims(ops.expand_dims(gate, -2), -2))


@keras.saving.register_keras_serializable(package="ave_keras")
class SpatialChannelAttention(CrossModal):
    """Amplifies the channels of a map that fit the sound, then pools its cells guided by the sound.

    Channels: `c = s(W_c relu(W_b m))` with `m = mean_i relu(A a) * relu(V x_i)` over the cells i; s is the sigmoid.
    Cells: `g_i = v_i * (1 + c)`, pooled by `GuidedPooling`: `softmax(tanh(w^T (relu(V' g_i) * relu(A' a)) + b))`.

    In CMRAN, x is v. CMBS and CACE-Net compare the sound with another map, their `context`: v after a self-attention
    over its cells.

    Args:
        units: The width of A and V.
        bottleneck_units: The width of W_b, V' and A'.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        audio: `(..., d_a)`.
        visual: v, `(..., H, W, C)` with the same leading axes.
        context: x, of the shape of `visual`; by default `visual`.
        return_attention_scores: Whether to return the weights of the cells too.

    Returns:
        `(..., C)`; with `return_attention_scores`, also the weights `(..., H, W)`, which sum to one over (H, W).

    Raises:
        AVEError: A width is below 1, or the shapes of the inputs do not fit together.

    Example:

    >>> audio, visual = keras.random.normal((2, 10, 128)), keras.random.normal((2, 10, 7, 7, 512))
    >>> SpatialChannelAttention()(audio, visual).shape
    (2, 10, 512)

    Reference:
        Xu et al., Cross-modal relation-aware networks for audio-visual event localization, ACM MM 2020; sizes and
        biases from its released code.
    """

    def __init__(self, units=512, bottleneck_units=256, **kwargs):
        super().__init__(**kwargs)
        self.units = self.positive("units", units)
        self.bottleneck_units = self.positive("bottleneck_units", bottleneck_units)
        self.pooling = GuidedPooling(self.bottleneck_units, name="pooling", dtype=self.dtype_policy)

    def build(self, audio_shape, visual_shape, context_shape=None):
        """Creates the channel attention and the pooling."""
        context_shape = visual_shape if context_shape is None else context_shape
        fits = len(visual_shape) == len(audio_shape) + 2 and all(map(same, audio_shape[:-1], visual_shape))
        fits = fits and len(context_shape) == len(visual_shape) and all(map(same, context_shape, visual_shape))
        expected = "audio (..., d_a), visual and context (..., H, W, C), same leading axes, known d_a and C"
        fits = fits and None not in (audio_shape[-1], visual_shape[-1])
        self.check_shapes(fits, expected, audio_shape, visual_shape, context_shape)
        joint, narrow = (*audio_shape[:-1], self.units), (*audio_shape[:-1], self.bottleneck_units)
        self.audio_projection = self.dense(self.units, "audio_projection", audio_shape, activation="relu")
        self.visual_projection = self.dense(self.units, "visual_projection", visual_shape, activation="relu")
        self.bottleneck = self.dense(self.bottleneck_units, "bottleneck", joint, activation="relu")
        self.channel_gate = self.dense(visual_shape[-1], "channel_gate", narrow, activation="sigmoid")
        self.pooling.build(audio_shape, visual_shape)

    def call(self, audio, visual, context=None, return_attention_scores=False):
        """Attends to the channels and cells of `visual`, guided by `audio`."""
        cells = self.visual_projection(flatten_cells(visual if context is None else context))
        # The audio factor is the same in every cell, so it is multiplied after the mean.
        joint = self.audio_projection(audio) * ops.mean(cells, axis=-2)
        gated = amplify(visual, self.channel_gate(self.bottleneck(joint)))
        return self.pooling(audio, gated, return_attention_scores=return_attention_scores)

    def compute_output_spec(self, audio, visual, context=None, return_attention_scores=False):
        """The symbolic `(..., C)` and, if requested, `(..., H, W)`."""
        return self.pooling.compute_output_spec(audio, visual, return_attention_scores)

    def compute_output_shape(self, audio_shape, visual_shape, context_shape=None):
        """`(..., C)`."""
        return self.pooling.compute_output_shape(audio_shape, visual_shape)

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "units": self.units, "bottleneck_units": self.bottleneck_units}
