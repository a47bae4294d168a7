"""Shared parts of the model builders: argument checks, inputs, and one vector per second and modality."""

import math
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
    """Raises `AVEError` unless the shape is `(H, W, d_v)`, or `(d_v,)` without attention."""
    if len(visual_shape) != 3 and (attention or len(visual_shape) != 1):
        expected = "(H, W, d_v)" if attention else "(H, W, d_v) or (d_v,)"
        raise AVEError(
            f"cannot build this {model}",
            key="visual_shape",
            expected=expected,
            found=tuple(visual_shape),
            fix="Use visual features (N, T, H, W, d), which attention needs, or an entry without attention"
            if attention
            else None,
        )


def check_sizes(model, **sizes):
    """Raises `AVEError` unless every size is a whole number of 1 or more."""
    for argument, value in sizes.items():
        if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
            raise AVEError(
                f"cannot build this {model}", key=argument, expected="a whole number, 1 or more", found=repr(value)
            )


def check_fractions(model, **fractions):
    """Raises `AVEError` unless every value is in [0, 1), like the rate of a dropout."""
    for argument, value in fractions.items():
        if not _is_number(value) or not 0 <= value < 1:
            raise AVEError(f"cannot build this {model}", key=argument, expected="a number in [0, 1)", found=repr(value))


def check_numbers(model, **values):
    """Raises `AVEError` unless every value is a finite number."""
    for argument, value in values.items():
        if not _is_number(value) or not math.isfinite(value):
            raise AVEError(f"cannot build this {model}", key=argument, expected="a finite number", found=repr(value))


def check_heads(model, width, **heads):
    """Raises `AVEError` unless every number of heads is a divisor of `width`."""
    check_sizes(model, **heads)
    for argument, value in heads.items():
        if width % value:
            expected = f"a divisor of the width {width}"
            raise AVEError(f"cannot build this {model}", key=argument, expected=expected, found=value)


def _is_number(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def make_inputs(modalities, segments, audio_dim, visual_shape):
    """Creates the Keras inputs of `modalities`: `{"audio": (B, T, d_a), "visual": (B, T, H, W, d_v)}`.

    `segments` is None if clips may have any length.
    """
    shapes = {"audio": (audio_dim,), "visual": tuple(visual_shape)}
    return {key: keras.Input((segments, *shapes[key]), name=key) for key in ("audio", "visual") if key in modalities}


def average_cells(visual):
    """Averages `(B, T, H, W, d_v)` to `(B, T, d_v)`; returns vectors unchanged."""
    return SpatialAveragePooling(name="average_pooling")(visual) if len(visual.shape) == 5 else visual


def pooled_views(inputs):
    """The input vectors of every second, `(B, T, d)` by modality."""
    return {key: average_cells(x) if key == "visual" else x for key, x in inputs.items()}


def pooled_features(inputs):
    """The input vectors of every second, concatenated over the modalities: `(B, T, d)`."""
    vectors = list(pooled_views(inputs).values())
    return vectors[0] if len(vectors) == 1 else keras.layers.Concatenate(name="features")(vectors)
