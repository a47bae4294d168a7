"""Checks the arguments that the lineage builders share."""

from ave_keras.errors import AVEError
from ave_keras.models.features import check, check_fractions, check_sizes, check_visual_shape, make_inputs
from ave_keras.models.initial import INITS

SUPERVISIONS = ("full", "weak")


def checked_inputs(
    model, num_classes, segments, audio_dim, visual_shape, supervision, init, sizes, fractions, background=True
):
    """Checks the arguments and creates the inputs `{"audio": (B, T, d_a), "visual": (B, T, H, W, d_v)}`.

    Args:
        model: The name of the network in errors.
        num_classes: The number of classes, including background.
        segments: T, or None for any length.
        audio_dim: d_a.
        visual_shape: `(H, W, d_v)`.
        supervision: `"full"` or `"weak"`.
        init: `"keras"` or `"torch"`.
        sizes: `{argument: value}` of the widths, which must be whole numbers of 1 or more.
        fractions: `{argument: value}` of thresholds and dropout rates, which must be in [0, 1).
        background: Whether the output for the video has a column for background. Without one, weak supervision needs
            two event classes: the probability of a single class is always 1.

    Raises:
        AVEError: An argument is invalid.
    """
    check(model, "supervision", supervision, SUPERVISIONS)
    check(model, "init", init, INITS)
    check_visual_shape(model, tuple(visual_shape), attention=True)
    for size in visual_shape:
        check_sizes(model, visual_shape=size)
    if segments is not None:
        check_sizes(model, segments=segments)
    check_sizes(model, audio_dim=audio_dim, num_classes=num_classes, **sizes)
    least = 3 if supervision == "weak" and not background else 2
    if num_classes < least:
        expected = f"{least} or more: {'an event class' if least == 2 else 'two event classes'} and background"
        raise AVEError(f"cannot build this {model}", key="num_classes", expected=expected, found=num_classes)
    check_fractions(model, **fractions)
    return make_inputs(("audio", "visual"), segments, audio_dim, visual_shape)


def check_top_k(model, top_k, segments):
    """Raises `AVEError` unless a clip has at least `top_k` seconds."""
    check_sizes(model, top_k=top_k)
    if segments is not None and segments < top_k:
        raise AVEError(
            f"cannot build this {model}",
            key="segments",
            expected=f"{top_k} seconds or more, the number that top_k averages",
            found=segments,
            fix="Pass a smaller top_k",
        )
