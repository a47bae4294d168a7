"""SSN, the proposal-based baseline (paper Sec. 6.2-6.3), with all windows of a clip as proposals."""

from keras import layers

from ave_keras.errors import AVEError
from ave_keras.event_model import EventModel
from ave_keras.layers import ProposalDecoding, StructuredPyramidPooling
from ave_keras.models.features import MODALITIES, check, check_sizes, check_visual_shape, make_inputs, pooled_features


def ssn(
    num_classes=29,
    segments=10,
    audio_dim=128,
    visual_shape=(7, 7, 512),
    *,
    modalities=("visual",),
    dropout=0.8,
    name="ssn",
):
    """Builds the structured segment network over pooled features.

    Every window of the clip is a proposal. The input of a linear classifier over K events and background is the
    window's course; the input of K linear completeness classifiers and 2K linear regressors is the pyramid of start,
    course and end.

    Args:
        num_classes: K + 1, the number of output columns, including background.
        segments: T, seconds per video, at least 2; there are T (T + 1) / 2 proposals.
        audio_dim: d_a.
        visual_shape: `(H, W, d_v)`, averaged over its cells, or `(d_v,)`.
        modalities: `("visual",)` as in the paper, `("audio",)`, or both, concatenated.
        dropout: The share of each second's features to drop.
        name: The name of the model.

    Returns:
        An uncompiled functional `keras.Model` that returns `{"segments": (B, T, K + 1), "proposals": (B, W, 4K + 1)}`:
        the probabilities of the seconds, and the raw scores for `ProposalLoss`.

    Raises:
        AVEError: The modalities are unknown, or T is below 2.

    Example:

    >>> ssn().output["proposals"].shape
    (None, 55, 113)

    Reference:
        Zhao et al., ICCV 2017; Tian et al., ECCV 2018, Sec. 6.3 (26.7 %).
    """
    check("SSN", "modalities", tuple(modalities), MODALITIES)
    check_visual_shape("SSN", visual_shape)
    check_sizes("SSN", segments=segments, audio_dim=audio_dim, num_classes=num_classes)
    if segments < 2:
        raise AVEError(
            "cannot build this SSN",
            key="segments",
            expected="2 seconds or more, because one second has a single window",
            found=segments,
        )
    inputs = make_inputs(modalities, segments, audio_dim, visual_shape)
    # As in the released code, dropout applies to the seconds, once for all windows.
    seconds = layers.Dropout(dropout, name="dropout")(pooled_features(inputs))
    stages = StructuredPyramidPooling(name="pyramid")(seconds)
    course, whole = stages[:, :, 1], layers.Reshape((stages.shape[1], -1), name="stages")(stages)
    classes = num_classes - 1
    scores = [
        layers.Dense(num_classes, name="activity")(course),
        layers.Dense(classes, name="completeness")(whole),
        layers.Dense(2 * classes, name="regression")(whole),
    ]
    proposals = layers.Concatenate(dtype="float32", name="proposals")(scores)
    outputs = {"segments": ProposalDecoding(num_classes, name="segments")(proposals), "proposals": proposals}
    return EventModel(inputs, outputs, name=name)
