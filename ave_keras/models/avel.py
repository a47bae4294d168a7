"""AVEL: several small relation networks behind one attention, whose answers are averaged."""

from keras import layers

from ave_keras.errors import AVEError
from ave_keras.event_model import EventModel
from ave_keras.layers import (
    AudioGuidedAttention,
    FeedForward,
    MILPooling,
    PositiveSamplePropagation,
    RelativeAttention,
    ResidualAttention,
    SpatialChannelAttention,
)
from ave_keras.models.features import check, check_heads
from ave_keras.models.fusing import bilstm
from ave_keras.models.lineage.arguments import checked_inputs
from ave_keras.models.lineage.blocks import visual_features
from ave_keras.models.lineage.initial import draw_torch_initial
from ave_keras.models.lineage.psp import project
from ave_keras.models.localizer import smooth

BRANCHES = ("propagation", "attention", "gates")
ATTENTIONS = ("spatial_channel", "guided")
POSITIONS = ("relative", None)
# The hidden units of the two linear layers before the propagation, as in PSP.
HIDDEN, PROJECTED = 256, 128


def avel(
    num_classes=29,
    segments=10,
    audio_dim=128,
    visual_shape=(7, 7, 512),
    *,
    supervision="full",
    branches=("propagation", "gates"),
    attention="spatial_channel",
    visual_units=256,
    bottleneck_units=128,
    visual_dropout=0.2,
    attention_units=512,
    lstm_units=128,
    units=256,
    feed_forward=512,
    heads=4,
    positions="relative",
    threshold=0.099,
    dropout=0.1,
    gate_dropout=0.3,
    head_units=64,
    pooling="mean",
    smoothing=None,
    init="keras",
    name="avel",
):
    """Builds a localizer of up to three branches, each with a head and a loss of its own.

    The sound attends to the channels and cells of the picture, once for all branches. Every branch then relates sound
    and picture in its own way, and says a class for every second; the answer is the mean of their probabilities. The
    branches are small and err on different seconds.

    - `propagation`: an LSTM per modality, and positive sample propagation (PSP).
    - `attention`: each modality attends to itself, then to the other one; the two and their product attend to
      themselves. The scores of seconds depend on their distance.
    - `gates`: before one LSTM, each modality is multiplied by a gate from the other one.

    Args:
        num_classes: The number of output columns, including background.
        segments: T, seconds per video, or None for any length without `positions` and `smoothing`.
        audio_dim: d_a.
        visual_shape: `(H, W, d_v)`.
        supervision: `"full"` or `"weak"`.
        branches: The branches to build, some of `"propagation"`, `"attention"` and `"gates"`.
        attention: `"spatial_channel"`: a dense layer on every cell, then the attention of CMRAN; `"guided"`: that of
            the founding paper, to the cells as they are.
        visual_units: The width of the dense layer on the cells, and of the attended picture (spatial-channel).
        bottleneck_units: The width of the bottleneck in the channel attention, and of the projections in the spatial
            one (spatial-channel).
        visual_dropout: The rate of the dropout after the dense layer on the cells (spatial-channel).
        attention_units: d of Eq. 4 (guided).
        lstm_units: The units per direction of every LSTM.
        units: The width of the attention and of the gates.
        feed_forward: The width inside the feed-forward layers.
        heads: The heads of the attention.
        positions: `"relative"` for scores that depend on the distance of two seconds, see `RelativeAttention`; or None.
        threshold: See `PositiveSamplePropagation`.
        dropout: The rate of the dropouts, except after the gates.
        gate_dropout: That after the gates.
        head_units: The width of the dense layer before each classifier.
        pooling: The MIL pooling of weak models, see `MILPooling`.
        smoothing: `stay` of `TemporalSmoothing` on the answer; None for none.
        init: The distributions of the initial weights, `"keras"` or `"torch"`, see `localizer`.
        name: The name of the model.

    Returns:
        An uncompiled functional `keras.Model` from `{"audio": (B, T, d_a), "visual": (B, T, H, W, d_v)}`. It returns a
        dict with `segments (B, T, num_classes)`, and `{branch}_segments` of each branch, all probabilities; with weak
        supervision also `video` and `{branch}_video (B, num_classes)`.

    Raises:
        AVEError: An argument is invalid.

    Example:

    >>> avel().count_params()
    2320187

    Reference:
        Attention: Xu et al., ACM MM 2020, or Tian et al., ECCV 2018. Branches after Zhou et al., CVPR 2021; Xu et al.,
        ACM MM 2020; and Kiela et al., AAAI 2018. The combination is ours; docs/avel.md compares it.
    """
    sizes = {"attention_units": attention_units, "lstm_units": lstm_units, "units": units}
    sizes |= {"feed_forward": feed_forward, "head_units": head_units}
    sizes |= {"visual_units": visual_units, "bottleneck_units": bottleneck_units}
    fractions = {"threshold": threshold, "dropout": dropout, "gate_dropout": gate_dropout}
    fractions["visual_dropout"] = visual_dropout
    shapes = (num_classes, segments, audio_dim, visual_shape)
    inputs = checked_inputs("AVEL", *shapes, supervision, init, sizes, fractions)
    check_heads("AVEL", units, heads=heads)
    check("AVEL", "positions", positions, POSITIONS)
    check("AVEL", "attention", attention, ATTENTIONS)
    branches = tuple(branches)
    if not branches or len(set(branches)) < len(branches):
        expected = f"some of {BRANCHES}, each once"
        raise AVEError("cannot build this AVEL", key="branches", expected=expected, found=branches)
    for branch in branches:
        check("AVEL", "branches", branch, BRANCHES)

    audio, cells = inputs["audio"], inputs["visual"]
    if attention == "spatial_channel":
        cells = visual_features(cells, visual_units, visual_dropout)
        attend = SpatialChannelAttention(visual_units, bottleneck_units, name="attention")
    else:
        attend = AudioGuidedAttention(attention_units, name="attention")
    visual, _ = attend(audio, cells, return_attention_scores=True)
    made = {
        "propagation": lambda: propagation(audio, visual, lstm_units, threshold, dropout),
        "attention": lambda: cross_attention(audio, visual, units, feed_forward, heads, positions, dropout),
        "gates": lambda: gates(audio, visual, units, lstm_units, gate_dropout),
    }
    outputs = {}
    for branch in branches:
        hidden = layers.Dense(head_units, activation="relu", name=f"{branch}_head")(made[branch]())
        logits = layers.Dense(num_classes, dtype="float32", name=f"{branch}_logits")(hidden)
        outputs[f"{branch}_segments"] = layers.Softmax(dtype="float32", name=f"{branch}_segments")(logits)
        if supervision == "weak":
            pooled = MILPooling(pooling, dtype="float32", name=f"{branch}_pooling")(logits)
            outputs[f"{branch}_video"] = layers.Softmax(dtype="float32", name=f"{branch}_video")(pooled)
    means = {kind: _mean(outputs, kind) for kind in ("segments", "video") if f"{branches[0]}_{kind}" in outputs}
    model = EventModel(inputs, smooth(means, smoothing) | outputs, name=name)
    if init == "torch":
        draw_torch_initial(model)
    return model


def propagation(audio, visual, lstm_units, threshold, dropout):
    """The positive sample propagation of PSP: `(B, T, d_a)` and `(B, T, d_v)` to `(B, T, 2 lstm_units)`."""
    streams = []
    for key, x in (("audio", audio), ("visual", visual)):
        streams.append(bilstm(project(x, key, HIDDEN, PROJECTED), lstm_units, key))
    joint, _, _ = PositiveSamplePropagation(threshold, "full", dropout, name="propagation")(*streams)
    return joint


def cross_attention(audio, visual, units, feed_forward, heads, positions, dropout):
    """Attention within, then between the modalities, and of both with their product: to `(B, T, units)`."""
    kind = RelativeAttention if positions == "relative" else ResidualAttention

    def block(x, memory, key):
        attended = kind(heads, dropout=dropout, attention_dropout=dropout, name=f"{key}_attention")(x, memory)
        return FeedForward(feed_forward, dropout, name=f"{key}_feed_forward")(attended)

    def affine(x, key):
        projected = layers.Dense(units, activation="relu", name=f"{key}_affine")(x)
        return layers.Dropout(dropout, name=f"{key}_affine_dropout")(projected)

    own = {}
    for key, x in (("audio", audio), ("visual", visual)):
        projected = affine(x, key)
        own[key] = block(projected, projected, key)
    audio = block(own["audio"], own["visual"], "audio_to_visual")
    visual = block(own["visual"], own["audio"], "visual_to_audio")
    product = layers.Multiply(name="product")([audio, visual])
    joint = affine(layers.Concatenate(name="relations")([audio, visual, product]), "joint")
    return block(joint, joint, "joint")


def gates(audio, visual, units, lstm_units, dropout):
    """`[s(U a) V v, s(U' v) V' a]` before one LSTM: to `(B, T, 2 lstm_units)`."""

    def gated(x, gate, key):
        opened = layers.Dense(units, activation="sigmoid", name=f"{key}_gate")(gate)
        return layers.Multiply(name=f"gated_{key}")([layers.Dense(units, name=f"{key}_values")(x), opened])

    joint = layers.Concatenate(name="gated")([gated(visual, audio, "visual"), gated(audio, visual, "audio")])
    joint = layers.Dropout(dropout, name="gated_dropout")(joint)
    return layers.ReLU(name="gated_relu")(bilstm(joint, lstm_units, "gated"))


def _mean(outputs, kind):
    """The mean of the branches' probabilities; of a single branch, its own."""
    found = [output for name, output in outputs.items() if name.endswith(f"_{kind}")]
    combine = layers.Average if len(found) > 1 else layers.Identity
    return combine(dtype="float32", name=kind)(found if len(found) > 1 else found[0])
