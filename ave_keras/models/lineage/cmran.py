"""CMRAN (ACM MM 2020): cross-modal relation-aware networks."""

from ave_keras.event_model import EventModel
from ave_keras.layers import Interaction, SpatialChannelAttention
from ave_keras.models.features import check_heads
from ave_keras.models.lineage.arguments import checked_inputs
from ave_keras.models.lineage.blocks import decode, encode, visual_features
from ave_keras.models.lineage.heads import two_heads
from ave_keras.models.lineage.initial import draw_torch_initial

INTERACTION_HEADS = {"full": 4, "weak": 2}


def cmran(
    num_classes=29,
    segments=10,
    audio_dim=128,
    visual_shape=(7, 7, 512),
    *,
    supervision="full",
    visual_units=512,
    bottleneck_units=256,
    units=256,
    feed_forward=2048,
    heads=4,
    interaction_heads=None,
    dropout=0.1,
    visual_dropout=0.2,
    init="keras",
    name="cmran",
):
    """Builds the cross-modal relation-aware network.

    The sound attends to the channels and cells of the picture. Each modality is encoded, and decoded with the encoded
    other one as its memory; the product of the two results attends to both. Two heads follow: an event logit for every
    second, and class logits for the video, from the maximum over time. The weakly supervised network has a class
    column for background, the fully supervised one has none.

    Args:
        num_classes: The number of output columns, including background.
        segments: T, seconds per video, or None for any length.
        audio_dim: d_a.
        visual_shape: `(H, W, d_v)`.
        supervision: `"full"` or `"weak"`.
        visual_units: The width of the first layer on the cells, and of the attended picture.
        bottleneck_units: The width of the bottleneck in the channel attention, and of the projections in the spatial
            one.
        units: The width of encoders, decoders and interaction.
        feed_forward: The width inside their feed-forward layers.
        heads: The heads of encoders and decoders.
        interaction_heads: The heads of the interaction; None for the released number, 4 (full) or 2 (weak).
        dropout: The rate of the dropouts in encoders, decoders and interaction.
        visual_dropout: The rate of the dropout after the first layer on the cells.
        init: The distributions of the initial weights: `"keras"`, the defaults of the layers, or `"torch"`, those of
            the released code, see `initial.draw_torch_initial`.
        name: The name of the model.

    Returns:
        An uncompiled functional `keras.Model` from `{"audio": (B, T, d_a), "visual": (B, T, H, W, d_v)}`. It returns a
        dict with `segments (B, T, num_classes)`, see `EventDecision`; `event (B, T)` and `event_logits`; `category`
        and `category_logits`, `(B, num_classes - 1)` with full and `(B, num_classes)` with weak supervision; with weak
        supervision, `video (B, num_classes)`.

    Raises:
        AVEError: An argument is invalid.

    Example:

    >>> cmran().count_params()
    9509150

    Reference:
        Xu et al., Cross-modal relation-aware networks for audio-visual event localization, ACM MM 2020; sizes from its
        released code.
    """
    sizes = {"visual_units": visual_units, "bottleneck_units": bottleneck_units, "units": units}
    sizes["feed_forward"] = feed_forward
    fractions = {"dropout": dropout, "visual_dropout": visual_dropout}
    shapes = (num_classes, segments, audio_dim, visual_shape)
    inputs = checked_inputs("CMRAN", *shapes, supervision, init, sizes, fractions)
    interaction_heads = INTERACTION_HEADS[supervision] if interaction_heads is None else interaction_heads
    check_heads("CMRAN", units, heads=heads, interaction_heads=interaction_heads)

    audio, features = inputs["audio"], visual_features(inputs["visual"], visual_units, visual_dropout)
    attend = SpatialChannelAttention(visual_units, bottleneck_units, name="attention")
    visual, _ = attend(audio, features, return_attention_scores=True)

    widths = (units, feed_forward, heads, dropout)
    audio_query = decode(audio, encode(visual, "visual", *widths), "audio", *widths)
    visual_query = decode(visual, encode(audio, "audio", *widths), "visual", *widths)
    interaction = Interaction(interaction_heads, dropout, dropout, name="visual_interaction")
    joint = interaction(visual_query, audio_query)

    model = EventModel(inputs, two_heads(joint, num_classes, supervision, "max"), name=name)
    if init == "torch":
        draw_torch_initial(model)
    return model
