"""The blocks that CMRAN, CMBS and CACE-Net share: features, background suppression, and cross-modal encoding."""

from keras import layers, ops

from ave_keras.layers import (
    GatedScaling,
    GuidedPooling,
    Interaction,
    SpatialChannelAttention,
    TemporalDecoder,
    TemporalEncoder,
    TopKPooling,
    UnscaledAttention,
)
from ave_keras.models.fusing import bilstm
from ave_keras.models.lineage.heads import probability, scores, seconds

# The epsilon of PyTorch's layer normalization.
EPSILON = 1e-5


def visual_features(visual, units, dropout):
    """A dense layer with ReLU on every cell, and dropout."""
    features = layers.Dense(units, activation="relu", name="visual_features")(visual)
    return layers.Dropout(dropout, name="visual_dropout")(features)


def attend_to_cells(features, units, dropout, norm, name="cell_attention"):
    """Self-attention over the cells of a map: `LayerNorm(F + dropout(softmax(q k^T) v))`.

    `norm` is a layer, because CACE-Net normalizes two branches with the same one.
    """
    attended = UnscaledAttention(units, features.shape[-1], axes=2, name=name)(features)
    attended = layers.Dropout(dropout, name=f"{name}_dropout")(attended)
    return norm(layers.Add(name=f"{name}_sum")([features, attended]))


def cell_norm():
    """The normalization of `attend_to_cells`."""
    return layers.LayerNormalization(epsilon=EPSILON, name="cell_norm")


def mean_cells(maps):
    """`(B, T, H, W, C)` to `(B, T, C)`.

    It is not the layer `SpatialAveragePooling`: training replaces the visual input of models that have it by its mean.
    """
    return ops.mean(maps, axis=(-3, -2))


def suppress_background(audio, features, context, bottleneck_units, beta):
    """`v (1 + beta s(pool(H)))`: spatial-channel attention to the map, scaled by what its context H is about."""
    attend = SpatialChannelAttention(features.shape[-1], bottleneck_units, name="attention")
    visual, _ = attend(audio, features, context, return_attention_scores=True)
    pooled = GuidedPooling(bottleneck_units, name="background_pooling")(mean_cells(context), context)
    gate = layers.Activation("sigmoid", name="background_gate")(pooled)
    return GatedScaling(beta, name="suppression")(visual, gate)


def encode(x, key, units, feed_forward, heads, dropout):
    """The encoder of one modality."""
    return TemporalEncoder(units, feed_forward, heads, dropout=dropout, name=f"{key}_encoder")(x)


def decode(x, memory, key, units, feed_forward, heads, dropout):
    """The decoder of one modality, which attends to the encoded other one."""
    return TemporalDecoder(units, feed_forward, heads, dropout, name=f"{key}_decoder")(x, memory)


def interact(visual, audio, heads, dropout, attention_dropout):
    """Both streams attend to their product, first the picture, then the sound to the new picture; their mean."""
    visual = Interaction(heads, dropout, attention_dropout, name="visual_interaction")(visual, audio)
    audio = Interaction(heads, dropout, attention_dropout, name="audio_interaction")(audio, visual)
    return layers.Average(name="joint")([visual, audio])


def gate(x, name):
    """The probability that a second has an event, `(B, T, 1)`, in float32."""
    return probability(scores(x, 1, name), f"{name}_sigmoid")


def gated_streams(
    audio, visual, *, classes, lstm_units, units, feed_forwards, heads, alpha, dropout, attention_dropout, top_k
):
    """The fully supervised CMBS from the attended picture to the joint feature; CACE-Net shares it.

    Args:
        audio: `(B, T, d_a)`.
        visual: `(B, T, d_v)`.
        classes: C, the columns of the scores.
        lstm_units: The units per direction for sound and picture.
        units: d, the width of encoders, decoders and interactions.
        feed_forwards: The widths inside the feed-forward layers of encoders and decoders.
        heads: The heads of encoders and decoders, and of the interactions.
        alpha: The strength of the gates.
        dropout: The rate of the dropouts.
        attention_dropout: That of the attention weights in the interactions.
        top_k: How many seconds the video scores average.

    Returns:
        `(joint, gate, video_scores)`: `(B, T, d)`, `(B, T)` and `(B, C)`.
    """
    audio = bilstm(audio, lstm_units[0], "audio")
    visual = bilstm(visual, lstm_units[1], "visual")
    encoding, decoding = ((units, width, heads[0], dropout) for width in feed_forwards)
    encoded_visual, encoded_audio = encode(visual, "visual", *encoding), encode(audio, "audio", *encoding)
    audio_gate, visual_gate = gate(encoded_audio, "audio_gate"), gate(encoded_visual, "visual_gate")
    audio_query = decode(audio, encoded_visual, "audio", *decoding)
    visual_query = decode(visual, encoded_audio, "visual", *decoding)
    # Each stream is scaled by the other one's gate.
    visual_query = GatedScaling(alpha, name="visual_scaling")(visual_query, audio_gate)
    audio_query = GatedScaling(alpha, name="audio_scaling")(audio_query, visual_gate)
    pooled = [
        TopKPooling(top_k, dtype="float32", name=f"{key}_pooling")(scores(x, classes, f"{key}_scores"))
        for key, x in (("visual", visual_query), ("audio", audio_query))
    ]
    video_scores = layers.Average(dtype="float32", name="score_logits")(pooled)
    product = layers.Multiply(dtype="float32", name="gate_product")([audio_gate, visual_gate])
    joint = interact(visual_query, audio_query, heads[1], dropout, attention_dropout)
    return joint, seconds(product, "gate"), video_scores


def class_scores(pooled, video_scores, classes, gamma):
    """`W max_t f + b + gamma s`: the class scores of the video."""
    scaled = layers.Rescaling(gamma, dtype="float32", name="scaled_scores")(video_scores)
    return layers.Add(dtype="float32", name="category_logits")([scores(pooled, classes, "class_scores"), scaled])
