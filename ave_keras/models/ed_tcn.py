"""ED-TCN, the temporal labeling baseline (paper Sec. 6.2-6.3)."""

from keras import layers

from ave_keras.errors import AVEError
from ave_keras.event_model import EventModel
from ave_keras.layers import ChannelNormalization
from ave_keras.models.features import MODALITIES, check, check_sizes, check_visual_shape, make_inputs, pooled_features


def ed_tcn(
    num_classes=29,
    segments=10,
    audio_dim=128,
    visual_shape=(7, 7, 512),
    *,
    modalities=("visual",),
    filters=(64, 96),
    kernel_size=5,
    dropout=0.3,
    name="ed_tcn",
):
    """Builds the encoder-decoder temporal convolutional network over pooled features.

    Each encoder layer is a convolution, spatial dropout, normalized ReLU and max-pooling by 2. The decoder mirrors it
    with upsampling, and a dense softmax labels every second. T is padded with zeros at the end to a multiple of
    `2^len(filters)` (10 to 12); the predictions for the padding are cut off, so that the loss ignores them.

    Args:
        num_classes: The number of output columns, including background.
        segments: T, seconds per video, at least `2^len(filters)`.
        audio_dim: d_a.
        visual_shape: `(H, W, d_v)`, averaged over its cells, or `(d_v,)`.
        modalities: `("visual",)` as in the paper, `("audio",)`, or both, concatenated.
        filters: The filters of the encoder layers; the decoder uses them in reverse.
        kernel_size: The size of every convolution, in seconds. The source uses 5 to 25; the paper does not state it.
        dropout: The share of channels to drop.
        name: The name of the model.

    Returns:
        An uncompiled functional `keras.Model` that returns probabilities `(B, T, num_classes)`.

    Raises:
        AVEError: The modalities are unknown, or T is below `2^len(filters)`.

    Example:

    >>> ed_tcn().output_shape
    (None, 10, 29)

    Reference:
        Lea et al., CVPR 2017; Tian et al., ECCV 2018, Sec. 6.3 (46.9 %).
    """
    check("ED-TCN", "modalities", tuple(modalities), MODALITIES)
    check_visual_shape("ED-TCN", visual_shape)
    check_sizes("ED-TCN", segments=segments, audio_dim=audio_dim, num_classes=num_classes, kernel_size=kernel_size)
    block = 2 ** len(filters)
    if segments < block:
        raise AVEError(
            "cannot build this ED-TCN",
            key="segments",
            expected=f"{block} seconds or more, because {len(filters)} layers halve the time {len(filters)} times",
            found=segments,
            fix="Use longer clips, or fewer layers, such as filters=(64,)",
        )
    inputs = make_inputs(modalities, segments, audio_dim, visual_shape)
    padding = -segments % block
    x = pooled_features(inputs)
    if padding:
        x = layers.ZeroPadding1D((0, padding), name="padding")(x)
    for i, width in enumerate(filters):
        x = _convolve(x, width, kernel_size, dropout, f"encoder_{i}")
        x = layers.MaxPooling1D(2, name=f"pool_{i}")(x)
    for i, width in enumerate(reversed(filters)):
        x = layers.UpSampling1D(2, name=f"upsample_{i}")(x)
        x = _convolve(x, width, kernel_size, dropout, f"decoder_{i}")
    if padding:
        x = layers.Cropping1D((0, padding), name="cropping")(x)
    logits = layers.Dense(num_classes, name="logits")(x)
    return EventModel(inputs, layers.Softmax(dtype="float32", name="segments")(logits), name=name)


def _convolve(x, filters, kernel_size, dropout, name):
    x = layers.Conv1D(filters, kernel_size, padding="same", name=name)(x)
    x = layers.SpatialDropout1D(dropout, name=f"{name}_dropout")(x)
    return ChannelNormalization(name=f"{name}_norm")(x)
