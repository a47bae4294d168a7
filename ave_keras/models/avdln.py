"""AVDLN, the audio-visual distance learning network (paper Sec. 5, Fig. 3(b))."""

import keras
from keras import layers

from ave_keras.layers import PairwiseDistance
from ave_keras.models.features import check_visual_shape, make_inputs, pooled_views


def avdln(
    audio_dim=128,
    visual_shape=(7, 7, 512),
    *,
    hidden_units=128,
    embedding_units=64,
    negative_slope=0.3,
    name="avdln",
):
    """Builds the audio-visual distance learning network.

    Two networks of two dense layers, with a leaky ReLU between them, take each second's sound and averaged picture to
    vectors R^a and R^v, whose Euclidean distance (Eq. 9) says how well they go together. A second stands for itself:
    clips may have any length, and sound and picture may differ in theirs.

    Args:
        audio_dim: d_a.
        visual_shape: `(H, W, d_v)`, averaged over its cells, or `(d_v,)`.
        hidden_units: of the first layers.
        embedding_units: of the second layers, the size of R.
        negative_slope: of the leaky ReLU.
        name: of the model.

    Returns:
        A functional `keras.Model`, not compiled, to `{"distances": (B, T_v, T_a), "audio": (B, T_a, embedding_units),
        "visual": (B, T_v, embedding_units)}`: element (i, j) of the distances is that of picture i and sound j.

    Raises:
        AVEError: a visual shape of another rank.

    Example:

    >>> avdln().count_params()
    98688

    Reference:
        Tian et al., ECCV 2018, Sec. 5; sizes and slope: its released code.
    """
    check_visual_shape("AVDLN", visual_shape)
    inputs = make_inputs(("audio", "visual"), None, audio_dim, visual_shape)
    # Outputs are float32 under every policy, and so are the layers that make them.
    embeddings = {}
    for key, x in pooled_views(inputs).items():
        x = layers.Dense(hidden_units, name=f"{key}_hidden")(x)
        x = layers.LeakyReLU(negative_slope, name=f"{key}_relu")(x)
        embeddings[key] = layers.Dense(embedding_units, dtype="float32", name=f"{key}_embedding")(x)
    distances = PairwiseDistance(dtype="float32", name="distances")(embeddings["visual"], embeddings["audio"])
    return keras.Model(inputs, {"distances": distances, **embeddings}, name=name)
