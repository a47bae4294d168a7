"""AVSDN (ICASSP 2019): a dual-modality sequence-to-sequence network."""

from keras import layers

from ave_keras.event_model import EventModel
from ave_keras.layers import DMRN, AudioGuidedAttention
from ave_keras.models.fusing import without_half_cudnn
from ave_keras.models.lineage.arguments import checked_inputs
from ave_keras.models.lineage.heads import decide, event_scores, pool_seconds, probability, scores, weighted_video
from ave_keras.models.lineage.initial import draw_torch_initial


def avsdn(
    num_classes=29,
    segments=10,
    audio_dim=128,
    visual_shape=(7, 7, 512),
    *,
    supervision="full",
    attention_units=512,
    lstm_units=128,
    init="keras",
    name="avsdn",
):
    """Builds the audio-visual sequence-to-sequence dual network.

    Two bidirectional LSTMs encode the sound and the attended picture. Their final states, mixed by one residual block
    as in DMRN, are the initial state of a third one, which decodes the concatenated inputs. Two heads follow: an event
    logit for every second, and `num_classes - 1` class logits for the video, from the mean over time.

    Args:
        num_classes: The number of output columns, including background.
        segments: T, seconds per video, or None for any length.
        audio_dim: d_a.
        visual_shape: `(H, W, d_v)`.
        supervision: `"full"` or `"weak"`; the weakly supervised network has the same weights.
        attention_units: The width of the projections in the audio-guided attention.
        lstm_units: The units per direction of each LSTM.
        init: The distributions of the initial weights: `"keras"`, the defaults of the layers, or `"torch"`, those of
            the released code, see `initial.draw_torch_initial`.
        name: The name of the model.

    Returns:
        An uncompiled functional `keras.Model` from `{"audio": (B, T, d_a), "visual": (B, T, H, W, d_v)}`. It returns a
        dict with `segments (B, T, num_classes)`, see `EventDecision`; `event (B, T)` and `event_logits`;
        `category (B, num_classes - 1)` and `category_logits`; with weak supervision, `video (B, num_classes - 1)`.

    Raises:
        AVEError: An argument is invalid.

    Example:

    >>> avsdn().count_params()
    2159438

    Reference:
        Lin et al., Dual-modality seq2seq network for audio-visual event localization, ICASSP 2019; form and sizes from
        the code of CPSP, which contains this network.
    """
    sizes = {"attention_units": attention_units, "lstm_units": lstm_units}
    shapes = (num_classes, segments, audio_dim, visual_shape)
    inputs = checked_inputs("AVSDN", *shapes, supervision, init, sizes, {}, background=False)

    attend = AudioGuidedAttention(attention_units, audio_axis="cells", name="attention")
    visual, _ = attend(inputs["audio"], inputs["visual"], return_attention_scores=True)
    # The four final states: of the forward LSTM h and c, then of the backward LSTM.
    audio_states = _bidirectional(lstm_units, "audio", return_state=True)(inputs["audio"])[1:]
    visual_states = _bidirectional(lstm_units, "visual", return_state=True)(visual)[1:]
    relu, mix = layers.ReLU(name="state_relu"), DMRN(lstm_units, name="mixing")
    states = [mix(relu(a), relu(v)) for a, v in zip(audio_states, visual_states, strict=True)]
    both = layers.Concatenate(name="features")([inputs["audio"], visual])
    decoded = _bidirectional(lstm_units, "joint", return_sequences=True)(both, initial_state=states)
    joint = layers.ReLU(name="joint_relu")(decoded)

    event_logits = event_scores(joint)
    category_logits = scores(pool_seconds(joint, "mean"), num_classes - 1, "category_logits")
    event = probability(event_logits, "event")
    outputs = {**decide(event, category_logits, background=False), "event_logits": event_logits}
    if supervision == "weak":
        outputs["video"] = weighted_video(event, category_logits)
    model = EventModel(inputs, outputs, name=name)
    if init == "torch":
        draw_torch_initial(model, xavier=("event_classifier", "category_logits"))
    return model


def _bidirectional(units, name, **kwargs):
    return layers.Bidirectional(without_half_cudnn(layers.LSTM(units, **kwargs)), name=f"lstm_{name}")
