"""PSP (CVPR 2021) and CPSP (TPAMI 2022): positive sample propagation between the streams."""

from keras import layers

from ave_keras.event_model import EventModel
from ave_keras.layers import AudioGuidedAttention, CosineSimilarity, MILPooling, PositiveSamplePropagation
from ave_keras.models.fusing import bilstm
from ave_keras.models.lineage.arguments import checked_inputs
from ave_keras.models.lineage.heads import decide, event_scores, pool_seconds, probability, scores, weighted_video
from ave_keras.models.lineage.initial import draw_torch_initial

THRESHOLDS = {"full": 0.099, "weak": 0.095}


def psp(
    num_classes=29,
    segments=10,
    audio_dim=128,
    visual_shape=(7, 7, 512),
    *,
    supervision="full",
    attention_units=512,
    hidden_units=256,
    projected_units=128,
    lstm_units=128,
    head_units=64,
    threshold=None,
    dropout=0.1,
    init="keras",
    name="psp",
):
    """Builds the positive sample propagation network.

    The projected sound attends to the cells of the picture, which is projected, too. Both streams pass a bidirectional
    LSTM and exchange features by `PositiveSamplePropagation`. Two dense layers classify every second, background
    included.

    The weakly supervised network does not project the sound, projects the picture by one layer instead of two, and
    propagates in the weak form. A weight in [0.5, 1), from the scores of a second, scales them before the mean over
    time.

    Args:
        num_classes: The number of output columns, including background.
        segments: T, seconds per video, or None for any length.
        audio_dim: d_a.
        visual_shape: `(H, W, d_v)`.
        supervision: `"full"` or `"weak"`.
        attention_units: The width of the projections in the audio-guided attention.
        hidden_units: The width between the two projections of a stream (full supervision).
        projected_units: The width of the streams before the LSTMs.
        lstm_units: The units per direction of each LSTM.
        head_units: The width of the layer before the classifier.
        threshold: See `PositiveSamplePropagation`; None for the released one, 0.099 (full) or 0.095 (weak).
        dropout: The rate of the dropout inside the propagation.
        init: The distributions of the initial weights: `"keras"`, the defaults of the layers, or `"torch"`, those of
            the released code, see `initial.draw_torch_initial`.
        name: The name of the model.

    Returns:
        An uncompiled functional `keras.Model` from `{"audio": (B, T, d_a), "visual": (B, T, H, W, d_v)}`. With full
        supervision, it returns `{"segments": (B, T, num_classes), "similarity": (B, T)}`: probabilities, and the cosine
        of the two streams after the propagation. With weak supervision, it returns `{"video": (B, num_classes),
        "segments": (B, T, num_classes)}`.

    Raises:
        AVEError: An argument is invalid.

    Example:

    >>> psp().count_params()
    1546609

    Reference:
        Zhou et al., Positive sample propagation along the audio-visual event line, CVPR 2021; sizes from its released
        code.
    """
    sizes = {"hidden_units": hidden_units, "projected_units": projected_units}
    sizes |= {"attention_units": attention_units, "lstm_units": lstm_units, "head_units": head_units}
    threshold = THRESHOLDS.get(supervision) if threshold is None else threshold
    fractions = {"threshold": threshold, "dropout": dropout} if threshold is not None else {}
    shapes = (num_classes, segments, audio_dim, visual_shape)
    inputs = checked_inputs("PSP", *shapes, supervision, init, sizes, fractions)

    audio = inputs["audio"]
    if supervision == "full":
        audio = project(audio, "audio", hidden_units, projected_units)
    visual = _attend(audio, inputs["visual"], attention_units)
    if supervision == "full":
        visual = project(visual, "visual", hidden_units, projected_units)
    else:
        visual = layers.Dense(projected_units, name="visual_projection")(visual)
    joint, audio, visual = _propagate(audio, visual, lstm_units, threshold, supervision, dropout)
    hidden = layers.Dense(head_units, use_bias=False, activation="relu", name="head")(joint)
    logits = layers.Dense(num_classes, use_bias=False, dtype="float32", name="logits")(hidden)
    if supervision == "full":
        outputs = {
            "segments": layers.Softmax(dtype="float32", name="segments")(logits),
            "similarity": CosineSimilarity(dtype="float32", name="similarity")(audio, visual),
        }
    else:
        outputs = _weak_outputs(logits)
    model = EventModel(inputs, outputs, name=name)
    if init == "torch":
        draw_torch_initial(model, xavier=("head", "logits"))
    return model


def cpsp(
    num_classes=29,
    segments=10,
    audio_dim=128,
    visual_shape=(7, 7, 512),
    *,
    supervision="full",
    attention_units=512,
    hidden_units=256,
    projected_units=128,
    lstm_units=128,
    threshold=None,
    dropout=0.1,
    init="keras",
    name="cpsp",
):
    """Builds the network of contrastive positive sample propagation.

    Up to the propagation it is the fully supervised `psp`, with both supervisions. Two heads follow: an event logit for
    every second, and `num_classes - 1` class logits for the video, from the mean over time.

    Args:
        num_classes: The number of output columns, including background.
        segments: T, seconds per video, or None for any length.
        audio_dim: d_a.
        visual_shape: `(H, W, d_v)`.
        supervision: `"full"` or `"weak"`.
        attention_units: The width of the projections in the audio-guided attention.
        hidden_units: The width between the two projections of a stream.
        projected_units: The width of the streams before the LSTMs.
        lstm_units: U, the units per direction of each LSTM.
        threshold: See `PositiveSamplePropagation`; None for the released one, 0.099 (full) or 0.095 (weak).
        dropout: The rate of the dropout inside the propagation.
        init: `"keras"` or `"torch"`, see `psp`.
        name: The name of the model.

    Returns:
        An uncompiled functional `keras.Model`. It returns a dict with `segments (B, T, num_classes)`, see
        `EventDecision`; `event (B, T)` and `event_logits`; `category (B, num_classes - 1)` and `category_logits`;
        `fusion (B, T, 2U)`, for contrastive losses; with full supervision, `similarity (B, T)`, the cosine of the
        streams; with weak supervision, `video (B, num_classes - 1)`.

    Raises:
        AVEError: An argument is invalid.

    Example:

    >>> cpsp().count_params()
    1535822

    Reference:
        Zhou et al., Contrastive positive sample propagation along the audio-visual event line, TPAMI 2022; sizes from
        its released code.
    """
    sizes = {"hidden_units": hidden_units, "projected_units": projected_units}
    sizes |= {"attention_units": attention_units, "lstm_units": lstm_units}
    threshold = THRESHOLDS.get(supervision) if threshold is None else threshold
    fractions = {"threshold": threshold, "dropout": dropout} if threshold is not None else {}
    shapes = (num_classes, segments, audio_dim, visual_shape)
    inputs = checked_inputs("CPSP", *shapes, supervision, init, sizes, fractions, background=False)

    audio = project(inputs["audio"], "audio", hidden_units, projected_units)
    visual = _attend(audio, inputs["visual"], attention_units)
    visual = project(visual, "visual", hidden_units, projected_units)
    # The weakly supervised network, too, propagates in the full form.
    joint, audio, visual = _propagate(audio, visual, lstm_units, threshold, "full", dropout)
    event_logits = event_scores(joint)
    category_logits = scores(pool_seconds(joint, "mean"), num_classes - 1, "category_logits")
    event = probability(event_logits, "event")
    outputs = {
        **decide(event, category_logits, background=False),
        "event_logits": event_logits,
        "fusion": layers.Identity(dtype="float32", name="fusion")(joint),
    }
    if supervision == "full":
        outputs["similarity"] = CosineSimilarity(dtype="float32", name="similarity")(audio, visual)
    else:
        outputs["video"] = weighted_video(event, category_logits)
    model = EventModel(inputs, outputs, name=name)
    if init == "torch":
        draw_torch_initial(model)
    return model


def _attend(audio, visual, units):
    """The picture pooled by the released form of the audio-guided attention."""
    attend = AudioGuidedAttention(units, audio_axis="cells", name="attention")
    attended, _ = attend(audio, visual, return_attention_scores=True)
    return attended


def project(x, key, hidden_units, projected_units):
    """Two dense layers without biases and, as released, without an activation between them."""
    hidden = layers.Dense(hidden_units, use_bias=False, name=f"{key}_hidden")(x)
    return layers.Dense(projected_units, use_bias=False, name=f"{key}_projection")(hidden)


def _propagate(audio, visual, lstm_units, threshold, form, dropout):
    """`(joint, audio, visual)` after the LSTMs and the propagation."""
    audio, visual = bilstm(audio, lstm_units, "audio"), bilstm(visual, lstm_units, "visual")
    return PositiveSamplePropagation(threshold, form, dropout, name="propagation")(audio, visual)


def _weak_outputs(logits):
    """Scales the scores of every second by `s(relu(w^T scores))` and averages them over time."""
    importance = layers.Dense(1, use_bias=False, activation="relu", dtype="float32", name="importance")(logits)
    weights = probability(importance, "second_weights")
    weighted = layers.Multiply(dtype="float32", name="weighted_logits")([weights, logits])
    pooled = MILPooling("mean", dtype="float32", name="mil_pooling")(weighted)
    return {
        "video": layers.Softmax(dtype="float32", name="video")(pooled),
        "segments": layers.Softmax(dtype="float32", name="segments")(weighted),
    }
