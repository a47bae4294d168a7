"""CMBS (CVPR 2022): cross-modal background suppression."""

from keras import layers

from ave_keras.event_model import EventModel
from ave_keras.layers import GatedScaling, TopKPooling
from ave_keras.models.features import check, check_heads, check_numbers
from ave_keras.models.lineage.arguments import check_top_k, checked_inputs
from ave_keras.models.lineage.blocks import (
    attend_to_cells,
    cell_norm,
    class_scores,
    decode,
    encode,
    gate,
    gated_streams,
    interact,
    suppress_background,
    visual_features,
)
from ave_keras.models.lineage.heads import (
    decide,
    event_scores,
    pool_seconds,
    probability,
    scores,
    seconds,
    weighted_video,
)
from ave_keras.models.lineage.initial import draw_torch_initial

DECISIONS = ("single", "double")
# The released values that differ between the two networks.
RELEASED = {
    "full": {
        "alpha": 0.1,
        "beta": 0.4,
        "gamma": 0.3,
        "feed_forward": 1024,
        "interaction_heads": 4,
        "visual_dropout": 0.2,
    },
    "weak": {
        "alpha": 0.2,
        "beta": 0.5,
        "gamma": 0.5,
        "feed_forward": 2048,
        "interaction_heads": 2,
        "visual_dropout": 0.1,
    },
}


def cmbs(
    num_classes=29,
    segments=10,
    audio_dim=128,
    visual_shape=(7, 7, 512),
    *,
    supervision="full",
    visual_units=512,
    cell_units=128,
    bottleneck_units=256,
    audio_lstm_units=128,
    visual_lstm_units=256,
    units=256,
    feed_forward=None,
    decoder_feed_forward=1024,
    heads=4,
    interaction_heads=None,
    alpha=None,
    beta=None,
    gamma=None,
    top_k=4,
    dropout=0.1,
    visual_dropout=None,
    cell_dropout=0.2,
    interaction_dropout=0.2,
    decision="single",
    init="keras",
    name="cmbs",
):
    """Builds the cross-modal background suppression network.

    The sound attends to the channels and cells of the picture, which is then scaled by what its cells have in common.
    Each modality is encoded, and decoded with the encoded other one as its memory. Gates, one per modality, say which
    seconds have an event, and scale the other stream.

    With full supervision, LSTMs precede the encoders, and event and class scores are heads of the joint feature. The
    class scores add the mean of the `top_k` largest scores over time of both streams.

    With weak supervision, the class scores are the mean of the `top_k` largest over time of `gamma G * (W f)`, where G
    are sigmoids of class scores of both streams; they have a column for background. The event probability is the mean
    of both gates. The released evaluation applies a second sigmoid to this mean: the result is above 0.5 always, so
    that no second becomes background. `decision="double"` does the same.

    Args:
        num_classes: The number of output columns, including background.
        segments: T, seconds per video, `top_k` or more, or None for any such length.
        audio_dim: d_a.
        visual_shape: `(H, W, d_v)`.
        supervision: `"full"` or `"weak"`.
        visual_units: The width of the first layer on the cells, and of the attended picture.
        cell_units: The width of query and key of the attention between cells.
        bottleneck_units: The width of the bottleneck in the channel attention, and of the projections in the spatial
            ones.
        audio_lstm_units: The units per direction of the LSTM for sound (full supervision).
        visual_lstm_units: The units per direction of the LSTM for pictures (full supervision).
        units: The width of encoders, decoders and interactions.
        feed_forward: The width inside the encoders' feed-forward layers; released: 1024 (full), 2048 (weak).
        decoder_feed_forward: That of the decoders.
        heads: The heads of encoders and decoders.
        interaction_heads: The heads of the interactions; released: 4 (full), 2 (weak).
        alpha: The strength of the gates; released: 0.1 (full), 0.2 (weak).
        beta: The strength of the background suppression in the picture; released: 0.4 (full), 0.5 (weak).
        gamma: The factor of the pooled scores; released: 0.3 (full), 0.5 (weak).
        top_k: How many seconds the pooled scores average.
        dropout: The rate of the dropouts in encoders, decoders and interactions.
        visual_dropout: That after the first layer on the cells; released: 0.2 (full), 0.1 (weak).
        cell_dropout: That of the attention between cells.
        interaction_dropout: That of the attention weights in the interactions.
        decision: `"single"`: a second has an event if the mean of the gates is above 0.5; `"double"`, as in the
            released code, if the sigmoid of the mean is. Weak supervision only.
        init: The distributions of the initial weights: `"keras"`, the defaults of the layers, or `"torch"`, those of
            the released code, see `initial.draw_torch_initial`.
        name: The name of the model.

    Returns:
        An uncompiled functional `keras.Model` from `{"audio": (B, T, d_a), "visual": (B, T, H, W, d_v)}`. It returns a
        dict with `segments (B, T, num_classes)`, see `EventDecision`; `event (B, T)`; `category` and
        `category_logits`, `(B, num_classes - 1)` with full and `(B, num_classes)` with weak supervision; `gate (B,
        T)`, in (0, 1). With full supervision, also `event_logits (B, T)` and `score_logits (B, num_classes - 1)`, the
        pooled scores; with weak supervision, `video (B, num_classes)`.

    Raises:
        AVEError: An argument is invalid.

    Example:

    >>> cmbs().count_params()
    9197401

    Reference:
        Xia and Zhao, Cross-modal background suppression for audio-visual event localization, CVPR 2022; sizes from its
        released code.
    """
    released = RELEASED.get(supervision, RELEASED["full"])
    alpha, beta, gamma, feed_forward, interaction_heads, visual_dropout = (
        default if value is None else value
        for value, default in zip(
            (alpha, beta, gamma, feed_forward, interaction_heads, visual_dropout), released.values(), strict=True
        )
    )
    sizes = {"visual_units": visual_units, "cell_units": cell_units, "bottleneck_units": bottleneck_units}
    sizes |= {"audio_lstm_units": audio_lstm_units, "visual_lstm_units": visual_lstm_units, "units": units}
    sizes |= {"feed_forward": feed_forward, "decoder_feed_forward": decoder_feed_forward}
    fractions = {"dropout": dropout, "visual_dropout": visual_dropout}
    fractions |= {"cell_dropout": cell_dropout, "interaction_dropout": interaction_dropout}
    shapes = (num_classes, segments, audio_dim, visual_shape)
    inputs = checked_inputs("CMBS", *shapes, supervision, init, sizes, fractions)
    check("CMBS", "decision", decision, DECISIONS if supervision == "weak" else DECISIONS[:1])
    check_numbers("CMBS", alpha=alpha, beta=beta, gamma=gamma)
    check_heads("CMBS", units, heads=heads, interaction_heads=interaction_heads)
    check_top_k("CMBS", top_k, segments)

    audio, features = inputs["audio"], visual_features(inputs["visual"], visual_units, visual_dropout)
    context = attend_to_cells(features, cell_units, cell_dropout, cell_norm())
    visual = suppress_background(audio, features, context, bottleneck_units, beta)
    options = {
        "units": units,
        "feed_forwards": (feed_forward, decoder_feed_forward),
        "heads": (heads, interaction_heads),
        "alpha": alpha,
        "dropout": dropout,
        "attention_dropout": interaction_dropout,
        "top_k": top_k,
    }
    if supervision == "full":
        lstm_units = (audio_lstm_units, visual_lstm_units)
        outputs = _full_outputs(audio, visual, num_classes - 1, gamma, lstm_units=lstm_units, **options)
    else:
        outputs = _weak_outputs(audio, visual, num_classes, gamma, decision, **options)
    model = EventModel(inputs, outputs, name=name)
    if init == "torch":
        draw_torch_initial(model)
    return model


def _full_outputs(audio, visual, classes, gamma, **options):
    joint, gates, video_scores = gated_streams(audio, visual, classes=classes, **options)
    event_logits = event_scores(joint)
    category_logits = class_scores(pool_seconds(joint, "max"), video_scores, classes, gamma)
    outputs = decide(probability(event_logits, "event"), category_logits, background=False)
    return {**outputs, "event_logits": event_logits, "gate": gates, "score_logits": video_scores}


def _weak_outputs(
    audio, visual, classes, gamma, decision, *, units, feed_forwards, heads, alpha, dropout, attention_dropout, top_k
):
    encoding, decoding = ((units, width, heads[0], dropout) for width in feed_forwards)
    encoded_visual, encoded_audio = encode(visual, "visual", *encoding), encode(audio, "audio", *encoding)
    # As released, the gate named after the sound comes from the picture, and the other way round.
    audio_gate, visual_gate = gate(encoded_visual, "audio_gate"), gate(encoded_audio, "visual_gate")
    gates = seconds(layers.Average(dtype="float32", name="gate_mean")([audio_gate, visual_gate]), "gate")
    audio_query = decode(audio, encoded_visual, "audio", *decoding)
    visual_query = decode(visual, encoded_audio, "visual", *decoding)
    visual_query = GatedScaling(alpha, 1 - alpha, name="visual_scaling")(visual_query, audio_gate)
    audio_query = GatedScaling(alpha, 1 - alpha, name="audio_scaling")(audio_query, visual_gate)
    activations = layers.Add(dtype="float32", name="class_activations")(
        [
            probability(scores(x, classes, f"{key}_scores"), f"{key}_activations")
            for key, x in (("visual", visual_query), ("audio", audio_query))
        ]
    )
    joint = interact(visual_query, audio_query, heads[1], dropout, attention_dropout)
    joint_scores = layers.Dense(classes, use_bias=False, dtype="float32", name="class_scores")(joint)
    weighted = layers.Multiply(dtype="float32", name="weighted_scores")([activations, joint_scores])
    weighted = layers.Rescaling(gamma, dtype="float32", name="scaled_scores")(weighted)
    category_logits = TopKPooling(top_k, dtype="float32", name="category_logits")(weighted)
    event = probability(gates, "event") if decision == "double" else gates
    outputs = decide(event, category_logits, background=True)
    return {**outputs, "gate": gates, "video": weighted_video(gates, category_logits)}
