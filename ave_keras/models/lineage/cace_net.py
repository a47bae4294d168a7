"""CACE-Net (ACM MM 2024): co-guidance attention and contrastive enhancement."""

import keras

from ave_keras.errors import AVEError
from ave_keras.event_model import EventModel
from ave_keras.layers import ContrastiveBranch, VisualGuidedAudio
from ave_keras.models.features import check, check_heads, check_numbers
from ave_keras.models.lineage.arguments import check_top_k, checked_inputs
from ave_keras.models.lineage.blocks import (
    attend_to_cells,
    cell_norm,
    class_scores,
    gated_streams,
    mean_cells,
    suppress_background,
    visual_features,
)
from ave_keras.models.lineage.heads import decide, event_scores, pool_seconds, probability
from ave_keras.models.lineage.initial import draw_torch_initial

GUIDES = ("none", "visual", "audio", "co")


def cace_net(
    num_classes=29,
    segments=10,
    audio_dim=128,
    visual_shape=(7, 7, 512),
    *,
    supervision="full",
    guide="co",
    visual_units=512,
    cell_units=128,
    bottleneck_units=256,
    audio_lstm_units=128,
    visual_lstm_units=256,
    units=256,
    feed_forward=1024,
    decoder_feed_forward=512,
    heads=4,
    interaction_heads=4,
    alpha=0.1,
    beta=0.4,
    gamma=0.3,
    psi=0.3,
    query_strength=0.6,
    noise=0.1,
    top_k=4,
    dropout=0.1,
    visual_dropout=0.2,
    cell_dropout=0.2,
    interaction_dropout=0.2,
    init="keras",
    name="cace_net",
):
    """Builds the co-guidance attention and contrastive enhancement network.

    It is the fully supervised `cmbs` with two additions. The picture guides the sound, too, see `VisualGuidedAudio`.
    And a query from the joint feature joins the event scores; with the key, which comes from the same feature with
    noise, it forms pairs for a contrastive loss, see `ContrastiveBranch`, the layer `"contrastive"`, which has the
    switch.

    Args:
        num_classes: The number of output columns, including background.
        segments: T, seconds per video, `top_k` or more, or None for any such length.
        audio_dim: d_a.
        visual_shape: `(H, W, d_v)`.
        supervision: `"full"`; the released class for weak supervision does not run.
        guide: Which modality guides the other: `"co"`, both; `"audio"`, the same network with `psi=0`, so that the
            weights of the audio side have no effect; `"visual"`, the picture guides the sound only, and is averaged
            over its cells itself; `"none"`.
        visual_units: The width of the first layer on the cells, and of the attended picture.
        cell_units: The width of query and key of the attentions between cells.
        bottleneck_units: The width of the bottleneck in the channel attention, and of the projections in the spatial
            ones.
        audio_lstm_units: The units per direction of the LSTM for sound.
        visual_lstm_units: The units per direction of the LSTM for pictures.
        units: d, the width of encoders, decoders, interactions and queries.
        feed_forward: The width inside the encoders' feed-forward layers.
        decoder_feed_forward: That of the decoders.
        heads: The heads of encoders and decoders.
        interaction_heads: The heads of the interactions.
        alpha: The strength of the gates.
        beta: The strength of the background suppression in the picture.
        gamma: The factor of the pooled scores.
        psi: The strength of the guidance of the sound.
        query_strength: Lambda, the factor of the query in the event scores.
        noise: The standard deviation of the noise for the key, drawn in training only.
        top_k: How many seconds the pooled scores average.
        dropout: The rate of the dropouts in encoders, decoders and interactions.
        visual_dropout: That after the first layer on the cells.
        cell_dropout: That of the attentions between cells and of the audio side.
        interaction_dropout: That of the attention weights in the interactions.
        init: The distributions of the initial weights: `"keras"`, the defaults of the layers, or `"torch"`, those of
            the released code, see `initial.draw_torch_initial`.
        name: The name of the model.

    Returns:
        An uncompiled functional `keras.Model` from `{"audio": (B, T, d_a), "visual": (B, T, H, W, d_v)}`. It returns a
        dict with the outputs of the fully supervised `cmbs`; `query` and `key`, `(B, T, d)`, unit vectors; and
        `contrast (B, 2 T, d)`, both, for `SupervisedContrastive`.

    Raises:
        AVEError: An argument is invalid.

    Example:

    >>> cace_net().count_params()  # one of them is the switch, which is not trained
    9280346

    Reference:
        He et al., CACE-Net: Co-guidance attention and contrastive enhancement for effective audio-visual event
        localization, ACM MM 2024; sizes from its released code.
    """
    if supervision == "weak":
        raise AVEError(
            "cannot build this CACE-Net",
            key="supervision",
            expected="'full'",
            found="'weak': the released class for weak supervision does not run",
            fix="Use cmbs(supervision='weak'), on which CACE-Net is based",
        )
    sizes = {"visual_units": visual_units, "cell_units": cell_units, "bottleneck_units": bottleneck_units}
    sizes |= {"audio_lstm_units": audio_lstm_units, "visual_lstm_units": visual_lstm_units, "units": units}
    sizes |= {"feed_forward": feed_forward, "decoder_feed_forward": decoder_feed_forward}
    fractions = {"dropout": dropout, "visual_dropout": visual_dropout}
    fractions |= {"cell_dropout": cell_dropout, "interaction_dropout": interaction_dropout}
    shapes = (num_classes, segments, audio_dim, visual_shape)
    inputs = checked_inputs("CACE-Net", *shapes, supervision, init, sizes, fractions)
    check("CACE-Net", "guide", guide, GUIDES)
    numbers = {"alpha": alpha, "beta": beta, "gamma": gamma, "psi": psi}
    check_numbers("CACE-Net", **numbers, query_strength=query_strength, noise=noise)
    check_heads("CACE-Net", units, heads=heads, interaction_heads=interaction_heads)
    check_top_k("CACE-Net", top_k, segments)

    features = visual_features(inputs["visual"], visual_units, visual_dropout)
    audio, visual = _guided(
        inputs["audio"],
        features,
        guide,
        cell=(cell_units, cell_dropout),
        bottleneck_units=bottleneck_units,
        beta=beta,
        psi=0.0 if guide == "audio" else psi,
    )
    joint, gates, video_scores = gated_streams(
        audio,
        visual,
        classes=num_classes - 1,
        lstm_units=(audio_lstm_units, visual_lstm_units),
        units=units,
        feed_forwards=(feed_forward, decoder_feed_forward),
        heads=(heads, interaction_heads),
        alpha=alpha,
        dropout=dropout,
        attention_dropout=interaction_dropout,
        top_k=top_k,
    )
    enhanced, query, key = ContrastiveBranch(query_strength, noise, name="contrastive")(joint)
    event_logits = event_scores(enhanced)
    # The query does not join the class scores.
    category_logits = class_scores(pool_seconds(joint, "max"), video_scores, num_classes - 1, gamma)
    outputs = {
        **decide(probability(event_logits, "event"), category_logits, background=False),
        "event_logits": event_logits,
        "gate": gates,
        "score_logits": video_scores,
        "query": query,
        "key": key,
        "contrast": keras.layers.Concatenate(axis=1, dtype="float32", name="contrast")([query, key]),
    }
    model = EventModel(inputs, outputs, name=name)
    if init == "torch":
        draw_torch_initial(model)
    return model


def _guided(audio, features, guide, *, cell, bottleneck_units, beta, psi):
    """The sound `(B, T, d_a)` and the picture `(B, T, d_v)` after the guidance."""
    if guide == "none":
        return audio, mean_cells(features)
    # Both branches share one normalization in the released code.
    norm = cell_norm()
    context = attend_to_cells(features, *cell, norm)
    own = context if guide == "visual" else attend_to_cells(features, *cell, norm, "guide_attention")
    guided = VisualGuidedAudio(psi, cell[1], name="audio_guidance")(audio, mean_cells(own))
    if guide == "visual":
        return guided, mean_cells(features)
    return guided, suppress_background(audio, features, context, bottleneck_units, beta)
