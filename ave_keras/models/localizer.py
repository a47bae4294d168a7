"""The localization network of the paper (Sec. 4), built from parts: every model of Table 1 is one call of `localizer`."""

import keras
from keras import layers

from ave_keras.errors import AVEError
from ave_keras.layers import AudioGuidedAttention, MILPooling, SpatialAveragePooling
from ave_keras.layers.fusion import Concat

MODALITIES = (("audio",), ("visual",), ("audio", "visual"))
SUPERVISIONS = ("full", "weak")
FUSIONS = {"concat": Concat}
STAGES = ("late",)


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
    head_units=64,
    supervision="full",
    pooling="mean",
    name="localizer",
):
    """Builds an audio-visual event localizer.

    Inputs are a dict of `audio (B, T, d_a)` and `visual (B, T, H, W, d_v)`, each only where it is used; attention needs both. Fully
    supervised models return probabilities `(B, T, num_classes)`; weakly supervised ones return
    `{"video": (B, num_classes), "segments": (B, T, num_classes)}`, the softmax of the pooled logits (Eq. 7) and of each segment's own.

    Args:
        num_classes: output columns, background included.
        segments: T, seconds per video.
        audio_dim: d_a.
        visual_shape: `(H, W, d_v)`, or `(d_v,)` for features that are pooled already.
        modalities: `("audio",)`, `("visual",)` or both: what is modelled in time. Attention may listen to audio beyond that (V-att).
        attention: audio-guided attention (Eq. 2-4) if true, else the mean over the cells.
        attention_units: d of Eq. 4.
        audio_axis: see `AudioGuidedAttention`.
        lstm_units: units per direction of each bidirectional LSTM (Eq. 1).
        fusion: how two modalities are joined, one of `FUSIONS`.
        stage: where they are joined, one of `STAGES`.
        head_units: width of the dense layer before the classifier.
        supervision: `"full"` or `"weak"`.
        pooling: MIL pooling of weak models, see `MILPooling`.
        name: of the model.

    Returns:
        A functional `keras.Model`, not compiled.

    Raises:
        AVEError: an argument outside its choices, or attention over features without cells.

    Example:

    >>> localizer(attention=True).count_params()
    1333198

    Reference:
        Tian et al., ECCV 2018, Sec. 4, Fig. 3(a); sizes where the paper is silent: the released code.
    """
    modalities = tuple(modalities)
    visual_shape = tuple(visual_shape)
    for argument, value, choices in (
        ("modalities", modalities, MODALITIES),
        ("fusion", fusion, tuple(FUSIONS)),
        ("stage", stage, STAGES),
        ("supervision", supervision, SUPERVISIONS),
    ):
        if value not in choices:
            raise AVEError("cannot build this localizer", key=argument, expected=f"one of {choices}", found=repr(value))
    if len(visual_shape) not in (1, 3) or (attention and len(visual_shape) == 1):
        raise AVEError(
            "cannot build this localizer",
            key="visual_shape",
            expected="(H, W, d_v)" if attention else "(H, W, d_v) or (d_v,)",
            found=visual_shape,
        )

    inputs = {}
    if "audio" in modalities or attention:
        inputs["audio"] = keras.Input((segments, audio_dim), name="audio")
    if "visual" in modalities:
        inputs["visual"] = keras.Input((segments, *visual_shape), name="visual")

    features = {}
    if "audio" in modalities:
        features["audio"] = inputs["audio"]
    if attention and "visual" in modalities:
        attend = AudioGuidedAttention(attention_units, audio_axis, name="attention")
        features["visual"], _ = attend(inputs["audio"], inputs["visual"], return_attention_scores=True)
    elif "visual" in modalities:
        pool = SpatialAveragePooling(name="average_pooling") if len(visual_shape) == 3 else layers.Identity()
        features["visual"] = pool(inputs["visual"])

    hidden = {modality: _bilstm(lstm_units, modality)(x) for modality, x in features.items()}
    if len(hidden) == 2:
        joint = FUSIONS[fusion](name="fusion")(hidden["audio"], hidden["visual"])
    else:
        (joint,) = hidden.values()
    logits = _head(joint, head_units, num_classes)
    return keras.Model(inputs, _outputs(logits, supervision, pooling), name=name)


def _bilstm(units, modality):
    return layers.Bidirectional(layers.LSTM(units, return_sequences=True), name=f"lstm_{modality}")


def _head(joint, units, num_classes):
    x = layers.ReLU(name="head_relu")(joint)
    x = layers.Dense(units, activation="relu", name="head")(x)
    return layers.Dense(num_classes, name="logits")(x)


def _outputs(logits, supervision, pooling):
    # Probabilities are float32 under every policy: losses and metrics need the range.
    segments = layers.Softmax(dtype="float32", name="segments")(logits)
    if supervision == "full":
        return segments
    video = layers.Softmax(dtype="float32", name="video")(MILPooling(pooling, name="mil_pooling")(logits))
    return {"video": video, "segments": segments}
