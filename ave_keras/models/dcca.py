"""DCCA, deep canonical correlation analysis, the baseline of cross-modality localization (paper Sec. 6.2-6.3)."""

from keras import layers

from ave_keras.event_model import EventModel
from ave_keras.layers import CanonicalProjection, PairwiseDistance
from ave_keras.models.features import check_visual_shape, make_inputs, pooled_views


def dcca(
    audio_dim=128,
    visual_shape=(7, 7, 512),
    *,
    hidden_units=(1024,),
    view_units=64,
    components=64,
    name="dcca",
):
    """Builds two networks with correlated outputs, and a linear CCA on top of them.

    The sound and the averaged picture of each second pass through dense sigmoid layers and a linear layer; their
    outputs, the views, are the input of the loss. Distances are Euclidean in the space of a linear CCA of the views.
    `ave_keras.matching.fit_projections` fits its directions after training. Clips may have any length; sound and
    pictures may have different lengths if the output `views` is not used.

    Args:
        audio_dim: d_a.
        visual_shape: `(H, W, d_v)`, averaged over its cells, or `(d_v,)`.
        hidden_units: The units of the sigmoid layers of each network.
        view_units: The units of the linear layer after them.
        components: The number of canonical directions, at most `view_units`.
        name: The name of the model.

    Returns:
        An uncompiled functional `keras.Model` that returns `{"distances": (B, T_v, T_a), "audio": (B, T_a,
        components), "visual": (B, T_v, components), "views": (B, T, 2 view_units)}`. The views are the input of
        `CCALoss`, sound first.

    Raises:
        AVEError: The visual shape has another rank, or there are more components than view units.

    Example:

    >>> dcca().output["views"].shape
    (None, None, 128)

    Reference:
        Andrew et al., ICML 2013; Tian et al., ECCV 2018, Table 3. The paper states no sizes.
    """
    check_visual_shape("DCCA", visual_shape)
    inputs = make_inputs(("audio", "visual"), None, audio_dim, visual_shape)
    views, canonical = {}, {}
    for key, x in pooled_views(inputs).items():
        for i, units in enumerate(hidden_units):
            x = layers.Dense(units, activation="sigmoid", name=f"{key}_hidden_{i}")(x)
        # Covariances and outputs need float32 under every dtype policy. A bias would not change the covariance.
        views[key] = layers.Dense(view_units, use_bias=False, dtype="float32", name=f"{key}_view")(x)
        canonical[key] = CanonicalProjection(components, dtype="float32", name=f"{key}_canonical")(views[key])
    distances = PairwiseDistance(dtype="float32", name="distances")(canonical["visual"], canonical["audio"])
    side_by_side = layers.Concatenate(dtype="float32", name="views")([views["audio"], views["visual"]])
    return EventModel(inputs, {"distances": distances, **canonical, "views": side_by_side}, name=name)
