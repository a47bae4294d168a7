"""The localization network of the paper (Sec. 4): one function builds every model of Tables 1 and 2."""

from keras import layers

from ave_keras.event_model import EventModel
from ave_keras.layers import AudioGuidedAttention, MILPooling, MultiScaleConvolution, TemporalSmoothing
from ave_keras.layers.mil_pooling import POOLINGS
from ave_keras.models.features import MODALITIES, average_cells, check, check_sizes, check_visual_shape, make_inputs
from ave_keras.models.fusing import FUSIONS, STAGES, bilstm, fuse, head
from ave_keras.models.initial import INITS, draw_torch_initial
from ave_keras.models.lineage.heads import two_heads

SUPERVISIONS = ("full", "weak")
DECISIONS = ("seconds", "event")


def localizer(
    num_classes=29,
    segments=10,
    audio_dim=128,
    visual_shape=(7, 7, 512),
    *,
    modalities=("audio", "visual"),
    attention=False,
    attention_units=512,
    audio_axis="hidden",
    lstm_units=128,
    fusion="concat",
    stage="late",
    fusion_options=None,
    head_units=64,
    supervision="full",
    pooling="mean",
    decision="seconds",
    gating=False,
    scales=None,
    smoothing=None,
    init="keras",
    name="localizer",
):
    """Builds an audio-visual event localizer.

    The input is a dict with the modalities in use: `audio (B, T, d_a)`, `visual (B, T, H, W, d_v)`. Attention needs
    both. Fully supervised models return probabilities `(B, T, num_classes)`. Weakly supervised models return
    `{"video": (B, num_classes), "segments": (B, T, num_classes)}`, the softmax of the pooled logits (Eq. 7) and of the
    logits of each segment. With `decision="event"`, both return the dict of a two-headed network, see `cmran`.

    Args:
        num_classes: The number of output columns, including background.
        segments: T, seconds per video.
        audio_dim: d_a.
        visual_shape: `(H, W, d_v)`, or `(d_v,)` for pooled features.
        modalities: The modalities that the LSTMs process: `("audio",)`, `("visual",)` or both. Attention uses audio
            even if it is not among them (V-att).
        attention: Whether to use audio-guided attention (Eq. 2-4) instead of the mean over the cells.
        attention_units: d of Eq. 4.
        audio_axis: See `AudioGuidedAttention`.
        lstm_units: The units per direction of each bidirectional LSTM (Eq. 1).
        fusion: The fusion of two modalities: `"concat"`, `"additive"`, `"maxpool"`, `"gated"`, `"mb"`, `"gmu"`,
            `"gmb"`, `"mrn"`, `"dmrn"`, or `"dmrfe"`, the ensemble of two DMRN.
        stage: Where the fusion takes place: `"early"`, before one LSTM; `"late"`, after two LSTMs; `"decision"`, on two
            vectors of `num_classes` scores. DMRFE is late.
        fusion_options: Arguments of the fusion layer, such as `{"gate": "visual"}` or `{"blocks": 2}`.
        head_units: The width of the dense layer before the classifier, if there is one.
        supervision: `"full"` or `"weak"`.
        pooling: The MIL pooling of weak models, see `MILPooling`; with `decision="event"`, that of the class scores.
        decision: `"seconds"` for a class per second; `"event"` for an event score per second and a class of the video,
            see `EventDecision`.
        gating: Whether each modality is scaled by the event score of the other one before late fusion, as in CMBS.
        scales: The widths of convolutions over time on the joint vectors, see `MultiScaleConvolution`; None for none.
        smoothing: `stay` of `TemporalSmoothing` on the probabilities of the seconds; None for none.
        init: The distributions of the initial weights: `"keras"`, the defaults of the layers, or `"torch"`, those of
            the released code, see `initial.draw_torch_initial`.
        name: The name of the model.

    Returns:
        An uncompiled functional `keras.Model`.

    Raises:
        AVEError: An argument is invalid, or arguments do not fit together.

    Example:

    >>> localizer(attention=True).count_params()
    1333198

    Reference:
        Tian et al., ECCV 2018, Sec. 4, Fig. 3(a), Table 2; sizes missing in the paper are from the released code.
    """
    modalities, visual_shape = tuple(modalities), tuple(visual_shape)
    check("localizer", "modalities", modalities, MODALITIES)
    check("localizer", "fusion", fusion, (*FUSIONS, "dmrfe"))
    check("localizer", "stage", stage, STAGES if fusion != "dmrfe" else ("late",))
    check("localizer", "supervision", supervision, SUPERVISIONS if fusion != "dmrfe" else ("full",))
    check("localizer", "init", init, INITS)
    check("localizer", "attention", attention, (False, True))
    check("localizer", "pooling", pooling, POOLINGS)
    check_visual_shape("localizer", visual_shape, attention)
    check("localizer", "decision", decision, DECISIONS if fusion != "dmrfe" and stage != "decision" else DECISIONS[:1])
    check("localizer", "gating", gating, (False, True))
    if gating or scales:
        check("localizer", "stage", stage, ("late",) if gating else ("early", "late"))
        check("localizer", "fusion", fusion, FUSIONS)
    sizes = {"audio_dim": audio_dim, "num_classes": num_classes, "lstm_units": lstm_units, "head_units": head_units}
    check_sizes("localizer", **sizes, **({} if segments is None else {"segments": segments}))

    inputs = make_inputs((*modalities, "audio") if attention else modalities, segments, audio_dim, visual_shape)
    features = dict(inputs)
    if attention and "visual" in modalities:
        attend = AudioGuidedAttention(attention_units, audio_axis, name="attention")
        features["visual"], _ = attend(inputs["audio"], inputs["visual"], return_attention_scores=True)
    elif "visual" in modalities:
        features["visual"] = average_cells(inputs["visual"])

    def classify(x):
        # Two heads take the features themselves.
        return x if decision == "event" else layers.Dense(num_classes, name="logits")(x)

    def refine(x):
        return MultiScaleConvolution(scales, name="scales")(x) if scales else x

    if len(modalities) == 2:
        sizes = {"num_classes": num_classes, "lstm_units": lstm_units, "head_units": head_units}
        parts = {"classify": classify, "gating": gating, "refine": refine}
        scores = fuse(features, fusion, stage, fusion_options or {}, **sizes, **parts)
    else:
        (modality,) = modalities
        scores = head(refine(bilstm(features[modality], lstm_units, modality)), head_units, classify)
    if decision == "event":
        outputs = two_heads(scores, num_classes, supervision, pooling)
    else:
        outputs = _outputs(scores, supervision, pooling)
    model = EventModel(inputs, smooth(outputs, smoothing), name=name)
    if init == "torch":
        draw_torch_initial(model)
    return model


def smooth(outputs, stay):
    """The outputs of a localizer with smoothed probabilities of the seconds; unchanged if `stay` is None."""
    if stay is None:
        return outputs
    if not isinstance(outputs, dict):
        return TemporalSmoothing(stay, name="smoothing")(outputs)
    return outputs | {"segments": TemporalSmoothing(stay, name="smoothing")(outputs["segments"])}


def _outputs(logits, supervision, pooling):
    # Probabilities are float32 under every dtype policy, because losses and metrics need the range.
    if isinstance(logits, tuple):
        votes = [layers.Softmax(dtype="float32", name=f"vote_{i}")(scores) for i, scores in enumerate(logits)]
        return layers.Average(dtype="float32", name="segments")(votes)
    segments = layers.Softmax(dtype="float32", name="segments")(logits)
    if supervision == "full":
        return segments
    video = layers.Softmax(dtype="float32", name="video")(MILPooling(pooling, name="mil_pooling")(logits))
    return {"video": video, "segments": segments}
