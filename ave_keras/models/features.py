"""What every builder starts from: checked choices, inputs, and one vector per second and modality."""

import numbers

import keras

from ave_keras.errors import AVEError
from ave_keras.layers import SpatialAveragePooling

MODALITIES = (("audio",), ("visual",), ("audio", "visual"))


def check(model, argument, value, choices):
    """Raises `AVEError` unless `value` is among `choices`."""
    if value not in choices:
        raise AVEError(f"cannot build this {model}", key=argument, expected=f"one of {choices}", found=repr(value))


def check_visual_shape(model, visual_shape, attention=False):
    """Raises `AVEError` unless the shape is `(H, W, d_v)`, or `(d_v,)` where nothing attends."""
    if len(visual_shape) != 3 and (attention or len(visual_shape) != 1):
        expected = "(H, W, d_v)" if attention else "(H, W, d_v) or (d_v,)"
        raise AVEError(
            f"cannot build this {model}",
            key="visual_shape",
            expected=expected,
            found=tuple(visual_shape),
            fix="Attention needs maps, visual features (N, T, H, W, d); entries without attention take vectors"
            if attention
            else None,
        )


def check_sizes(model, **sizes):
    """`AVEError` for a size that is no whole number of 1 or more."""
    for argument, value in sizes.items():
        if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
            raise AVEError(
                f"cannot build this {model}", key=argument, expected="a whole number, 1 or more", found=repr(value)
            )


def make_inputs(modalities, segments, audio_dim, visual_shape):
    """`{"audio": (B, T, d_a), "visual": (B, T, H, W, d_v)}` as Keras inputs, those of `modalities` only.

    `segments` is None where clips may have any length.
    """
    shapes = {"audio": (audio_dim,), "visual": tuple(visual_shape)}
    return {key: keras.Input((segments, *shapes[key]), name=key) for key in ("audio", "visual") if key in modalities}


def average_cells(visual):
    """`(B, T, H, W, d_v)` to `(B, T, d_v)`; vectors pass."""
    return SpatialAveragePooling(name="average_pooling")(visual) if len(visual.shape) == 5 else visual


def pooled_views(inputs):
    """The input vectors of every second, `(B, T, d)` by modality."""
    return {key: average_cells(x) if key == "visual" else x for key, x in inputs.items()}


def pooled_features(inputs):
    """The input vectors of every second, modalities side by side: `(B, T, d)`."""
    vectors = list(pooled_views(inputs).values())
    return vectors[0] if len(vectors) == 1 else keras.layers.Concatenate(name="features")(vectors)
