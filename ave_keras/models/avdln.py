"""AVDLN, the audio-visual distance learning network (paper Sec. 5, Fig. 3(b))."""

from keras import layers

from ave_keras.event_model import EventModel
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

    Two networks of two dense layers, with a leaky ReLU between them, map the sound and the averaged picture of each
    second to vectors R^a and R^v. Their Euclidean distance (Eq. 9) measures how well they match. Seconds are
    independent: clips may have any length, and sound and pictures may have different lengths.

    Args:
        audio_dim: d_a.
        visual_shape: `(H, W, d_v)`, averaged over its cells, or `(d_v,)`.
        hidden_units: The units of the first layers.
        embedding_units: The units of the second layers, the size of R.
        negative_slope: The negative slope of the leaky ReLU.
        name: The name of the model.

    Returns:
        An uncompiled functional `keras.Model` that returns `{"distances": (B, T_v, T_a), "audio": (B, T_a,
        embedding_units), "visual": (B, T_v, embedding_units)}`. Element (i, j) of the distances is the distance between
        picture i and sound j.

    Raises:
        AVEError: The visual shape has another rank.

    Example:

    >>> avdln().count_params()
    98688

    Reference:
        Tian et al., ECCV 2018, Sec. 5; sizes and slope from its released code.
    """
    check_visual_shape("AVDLN", visual_shape)
    inputs = make_inputs(("audio", "visual"), None, audio_dim, visual_shape)
    # Outputs are float32 under every dtype policy, and so are the layers that compute them.
    embeddings = {}
    for key, x in pooled_views(inputs).items():
        x = layers.Dense(hidden_units, name=f"{key}_hidden")(x)
        x = layers.LeakyReLU(negative_slope, name=f"{key}_relu")(x)
        embeddings[key] = layers.Dense(embedding_units, dtype="float32", name=f"{key}_embedding")(x)
    distances = PairwiseDistance(dtype="float32", name="distances")(embeddings["visual"], embeddings["audio"])
    return EventModel(inputs, {"distances": distances, **embeddings}, name=name)
