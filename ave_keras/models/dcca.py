"""DCCA, deep canonical correlation analysis, the baseline of cross-modality localization (paper Sec. 6.2-6.3)."""

import keras
from keras import layers

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
    """Builds two networks whose outputs are to correlate, and the linear CCA on top of them.

    Each second's sound and averaged picture pass dense sigmoid layers and a linear one; the loss looks at these views
    side by side. Distances are Euclidean in the space of a linear CCA of the views, whose directions are fitted once
    the networks have learned: `ave_keras.matching.fit_projections`. Clips may have any length, and sound and picture
    may differ in theirs, as long as the views are not asked for.

    Args:
        audio_dim: d_a.
        visual_shape: `(H, W, d_v)`, averaged over its cells, or `(d_v,)`.
        hidden_units: of the sigmoid layers of either network.
        view_units: of the linear layer after them.
        components: canonical directions, at most `view_units`.
        name: of the model.

    Returns:
        A functional `keras.Model`, not compiled, to `{"distances": (B, T_v, T_a), "audio": (B, T_a, components),
        "visual": (B, T_v, components), "views": (B, T, 2 view_units)}`; the views are what `CCALoss` learns from, those
        of sound first.

    Raises:
        AVEError: a visual shape of another rank, or more components than view units.

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
        # A covariance needs float32, and so does an output, under every policy; of a bias it sees nothing.
        views[key] = layers.Dense(view_units, use_bias=False, dtype="float32", name=f"{key}_view")(x)
        canonical[key] = CanonicalProjection(components, dtype="float32", name=f"{key}_canonical")(views[key])
    distances = PairwiseDistance(dtype="float32", name="distances")(canonical["visual"], canonical["audio"])
    side_by_side = layers.Concatenate(dtype="float32", name="views")([views["audio"], views["visual"]])
    return keras.Model(inputs, {"distances": distances, **canonical, "views": side_by_side}, name=name)
