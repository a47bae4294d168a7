"""Fuses two modalities before one LSTM, after two LSTMs, or as class scores (paper Sec. 6.2, Table 2)."""

import keras
from keras import layers

from ave_keras.errors import AVEError
from ave_keras.layers import GatedScaling
from ave_keras.layers import fusion as fusions

FUSIONS = {
    "additive": fusions.Additive,
    "maxpool": fusions.MaxPooling,
    "gated": fusions.Gated,
    "mb": fusions.Bilinear,
    "gmu": fusions.GMU,
    "gmb": fusions.GatedBilinear,
    "concat": fusions.Concat,
    "mrn": fusions.MRN,
    "dmrn": fusions.DMRN,
}
STAGES = ("early", "late", "decision")
# The outer product of two 32-d projections has 1024 entries; with 256-d projections it would have 65536.
OUTER_UNITS = 32


def bilstm(x, units, name):
    """One bidirectional LSTM (Eq. 1): `(B, T, d)` to `(B, T, 2 units)`."""
    lstm = layers.LSTM(units, return_sequences=True)
    return layers.Bidirectional(without_half_cudnn(lstm), name=f"lstm_{name}")(x)


def without_half_cudnn(lstm):
    """Turns off cuDNN for an LSTM on JAX that does not compute in float32; returns the LSTM.

    JAX's cuDNN call supports only float32, but Keras also uses it for other types. A train step then fails to compile
    on a GPU: "Unknown output type bfloat16".
    """
    if keras.backend.backend() == "jax" and lstm.compute_dtype != "float32":
        lstm.use_cudnn = False
    return lstm


def head(x, units, classify):
    """The head of the released code: ReLU, dense, ReLU, then `classify`, a dense layer; `(B, T, d)` to its result."""
    x = layers.ReLU(name="head_relu")(x)
    return classify(layers.Dense(units, activation="relu", name="head")(x))


def gate_each_other(audio, visual):
    """Scales each modality by the probability, from the other one, that there is an event (CMBS)."""
    by_audio, by_visual = (
        layers.Dense(1, activation="sigmoid", name=f"{key}_gate")(x)
        for key, x in (("audio", audio), ("visual", visual))
    )
    return GatedScaling(name="audio_scaling")(audio, by_visual), GatedScaling(name="visual_scaling")(visual, by_audio)


def fuse(features, fusion, stage, options, *, classify, refine, gating, num_classes, lstm_units, head_units):
    """Fuses `audio (B, T, d_a)` and `visual (B, T, d_v)` to logits `(B, T, num_classes)`.

    `classify` makes the logits from the last features `(B, T, d)`, except at the decision stage. With `gating`, the
    modalities gate each other before late fusion; `refine` changes the joint vectors `(B, T, d)` of early and late
    fusion.
    DMRFE returns a pair of logits, one per block. GMU and DMRN end with tanh: at the decision stage their logits are in
    (-1, 1), so a probability over C classes is at most e² / (e² + C - 1), 0.21 for AVE's 29.

    Raises:
        AVEError: The fusion layer does not support an option.
    """
    if stage == "early":
        joint = _layer(fusion, options, 2 * lstm_units)(features["audio"], features["visual"])
        return head(refine(bilstm(joint, lstm_units, "joint")), head_units, classify)
    audio, visual = (bilstm(features[modality], lstm_units, modality) for modality in ("audio", "visual"))
    if stage == "decision":
        audio = layers.Dense(num_classes, name="audio_logits")(audio)
        visual = layers.Dense(num_classes, name="visual_logits")(visual)
        joint = _layer(fusion, options, num_classes)(audio, visual)
        is_scores = fusion not in ("mb", "gmb", "concat") and joint.shape[-1] == num_classes
        return joint if is_scores else layers.Dense(num_classes, name="logits")(joint)
    if gating:
        audio, visual = gate_each_other(audio, visual)
    if fusion == "dmrfe":
        blocks = [_layer("dmrn", options, 2 * lstm_units, f"fusion_{i}")(audio, visual) for i in (0, 1)]
        return tuple(layers.Dense(num_classes, name=f"logits_{i}")(joint) for i, joint in enumerate(blocks))
    joint = refine(_layer(fusion, options, 2 * lstm_units)(audio, visual))
    # Concatenation has no weights, so it needs the head; other fusions have already computed a joint vector.
    if fusion == "concat":
        return head(joint, head_units, classify)
    return classify(joint)


def _layer(fusion, options, units, name="fusion"):
    layer = FUSIONS[fusion]
    if fusion in ("mb", "gmb"):
        units = min(units, OUTER_UNITS)
    defaults = {} if fusion == "concat" else {"units": units}
    try:
        return layer(name=name, **{**defaults, **options})
    except (TypeError, ValueError) as error:
        if isinstance(error, AVEError):
            raise
        raise AVEError(
            f"fusion '{fusion}' does not support these options",
            key="fusion_options",
            expected=f"arguments of {layer.__name__}",
            found=options,
        ) from error
