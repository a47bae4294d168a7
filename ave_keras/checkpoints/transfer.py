"""Imports and exports the weights of a model under the released names."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from ave_keras.checkpoints.names import NETWORKS, differences, network_of, released_weights
from ave_keras.errors import AVEError

if TYPE_CHECKING:
    import keras

    from ave_keras.checkpoints.reading import Checkpoint


def import_weights(model: keras.Model, checkpoint: Checkpoint, *, partial: bool = False) -> list[str]:
    """Loads the weights of a released file into a model.

    Kernels are transposed, and the two biases of PyTorch's LSTMs are added; the order of the gates is the same.

    Args:
        model: A localizer of the same sizes, such as `zoo.load("av_att", protocol="official")`.
        checkpoint: The result of `read`.
        partial: Whether to load only matching weights and keep the others, like DMRN initialized from a trained
            A+V-att.

    Returns:
        The released names of the loaded weights.

    Raises:
        AVEError: The file is of another network or of other sizes; the model stays unchanged.

    Example:

    >>> import_weights(model, read("AV_att.pt"))
    """
    arrays, weights = checkpoint.arrays, released_weights(model, partial=partial)
    if not partial:
        _check_network(model, checkpoint)
    chosen = [w for w in weights if not partial or _fits(w, arrays)]
    expected, found = {name for w in chosen for name in w.names}, set(arrays)
    if not chosen or expected - found or (not partial and found - expected):
        raise _wrong_network(
            model, checkpoint, f"missing {_shortened(expected - found)}, unexpected {_shortened(found - expected)}"
        )
    values = []
    for weight in chosen:
        for name in weight.names:
            array = arrays[name]
            if array.shape != weight.shape or array.dtype.kind != "f":
                raise AVEError(
                    f"the weights do not fit {model.name!r}",
                    file=checkpoint.file,
                    key=name,
                    expected=f"floats {weight.shape}",
                    found=f"{array.dtype} {array.shape}",
                    fix="Pass zoo.load the sizes of the trained model",
                )
            if not np.isfinite(array).all():
                fix = "Download the file again"
                raise AVEError("a weight is NaN or infinite", file=checkpoint.file, key=name, fix=fix)
        first, *second = (np.float32(arrays[name]) for name in weight.names)
        values.append(first + second[0] if second else first)
    for weight, value in zip(chosen, values, strict=True):
        weight.variable.assign(value.T)
    return [name for weight in chosen for name in weight.names]


def export_weights(model: keras.Model, like: Checkpoint | None = None) -> dict[str, np.ndarray]:
    """Exports the weights of a model as a state dict under the released names, `{name: NumPy array}`.

    A Keras LSTM has one bias; PyTorch's has two and adds them. Without `like`, the first is the Keras bias and the
    second is zero. With `like`, the file that the model was loaded from, both biases keep their values as long as they
    add up to the Keras bias, so that exporting an imported file reproduces it exactly. If training has changed the sum,
    the first bias takes the change. The sum always equals the Keras bias exactly.

    Args:
        model: A localizer with concatenation or one DMRN block.
        like: A `Checkpoint`, the result of `read`.

    Returns:
        `{name: array}` in the order of the released files.

    Raises:
        AVEError: A weight of the model has no released name, or `like` is of another network.

    Warns:
        UserWarning: The released code computes different outputs with these weights.
    """
    weights = released_weights(model)
    if like is not None:
        _check_network(model, like)
    for text in differences(model):
        warnings.warn(f"{model.name}: {text}; its outputs would differ", stacklevel=2)
    state = {}
    for weight in weights:
        first, *second = weight.names
        state[first] = weight.value
        if second:
            state[second[0]] = np.zeros_like(state[first])
            if like is not None:
                pair = (_bias(model, like, name, weight.shape) for name in weight.names)
                state[first], state[second[0]] = split_bias(weight.value, *pair)
    return state


def split_bias(total: np.ndarray, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two float32 arrays that add up to `total`; they equal `first` and `second` where these already do."""
    moved = np.where(first + second == total, first, total - second)
    exact = moved + second == total
    return np.where(exact, moved, total), np.where(exact, second, np.float32(0))


def _bias(model, like, name, shape):
    array = like.arrays.get(name)
    if array is None or array.shape != shape:
        raise _wrong_network(model, like, f"no {name} of shape {shape}")
    return np.float32(array)


def _check_network(model, checkpoint):
    found, expected = NETWORKS.get(checkpoint.network), network_of(model)
    if found and found != expected:
        raise _wrong_network(model, checkpoint, f"{checkpoint.network}, which is {found}")


def _wrong_network(model, checkpoint, found):
    return AVEError(
        f"the file is of another network than {model.name!r}",
        file=checkpoint.file,
        expected=network_of(model) or "its own released names",
        found=found,
        fix="Use AV_att.pt for av_att, AV_att_weak.pt for w_av_att, DMRN.pt for dmrn_late",
    )


def _fits(weight, arrays):
    return all(name in arrays and arrays[name].shape == weight.shape for name in weight.names)


def _shortened(names):
    names = sorted(names)
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "") if names else "nothing"
