"""Weights into a model, and out of it under the released names."""

import warnings

import numpy as np

from ave_keras.checkpoints.names import NETWORKS, differences, network, released
from ave_keras.errors import AVEError


def import_weights(model, checkpoint, *, partial=False):
    """Puts the weights of a released file into a model.

    Kernels are transposed and the two biases of PyTorch's LSTMs add; the order of the gates is the same.

    Args:
        model: a localizer of the same sizes, such as `zoo.load("av_att", protocol="official")`.
        checkpoint: what `read` gives.
        partial: fill what the file has and leave the rest, as DMRN started from a trained A+V-att.

    Returns:
        The released names that were taken.

    Raises:
        AVEError: a file of another network, or of other sizes; the model is as it was before.

    Example:

    >>> import_weights(model, read("AV_att.pt"))
    """
    arrays, weights = checkpoint.arrays, released(model, partial=partial)
    if not partial:
        _check_network(model, checkpoint)
    chosen = [w for w in weights if not partial or _fits(w, arrays)]
    expected, found = {name for w in chosen for name in w.names}, set(arrays)
    if not chosen or expected - found or (not partial and found - expected):
        raise _another(model, checkpoint, f"lacks {_few(expected - found)}, has besides {_few(found - expected)}")
    values = []
    for weight in chosen:
        for name in weight.names:
            array = arrays[name]
            if array.shape != weight.shape or array.dtype.kind != "f":
                raise AVEError(
                    f"the weights do not fit into {model.name!r}",
                    file=checkpoint.file,
                    key=name,
                    expected=f"floats {weight.shape}",
                    found=f"{array.dtype} {array.shape}",
                    fix="Give zoo.load the sizes that the file was trained with",
                )
            if not np.isfinite(array).all():
                fix = "Download the file again"
                raise AVEError("a weight is NaN or infinite", file=checkpoint.file, key=name, fix=fix)
        first, *second = (np.float32(arrays[name]) for name in weight.names)
        values.append(first + second[0] if second else first)
    for weight, value in zip(chosen, values, strict=True):
        weight.variable.assign(value.T)
    return [name for weight in chosen for name in weight.names]


def export_weights(model, like=None):
    """The weights of a model as a state dict under the released names, `{name: NumPy array}`.

    A Keras LSTM has one bias where PyTorch's has two that add. Without `like`, the first is ours and the second zero.
    With `like`, the file that the model came from, both stay as they were wherever they still add up to ours, so that
    an imported file comes out bit by bit as it went in; where training has moved their sum, the first takes the change.
    The sum is that of the model exactly, in every case.

    Args:
        model: a localizer with concatenation or one DMRN block.
        like: a `Checkpoint`, as `read` gives it.

    Returns:
        `{name: array}` in the order of the released files.

    Raises:
        AVEError: the model has weights that the released code has no name for; `like` is of another network.

    Warns:
        UserWarning: the released code would compute another function with these weights.
    """
    weights = released(model)
    if like is not None:
        _check_network(model, like)
    for text in differences(model):
        warnings.warn(f"{model.name}: {text}; its numbers differ there", stacklevel=2)
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


def split_bias(total, first, second):
    """Two float32 arrays that add up to `total`, and that are `first` and `second` where these do already."""
    moved = np.where(first + second == total, first, total - second)
    exact = moved + second == total
    return np.where(exact, moved, total), np.where(exact, second, np.float32(0))


def _bias(model, like, name, shape):
    array = like.arrays.get(name)
    if array is None or array.shape != shape:
        raise _another(model, like, f"no {name} of shape {shape}")
    return np.float32(array)


def _check_network(model, checkpoint):
    held, wanted = NETWORKS.get(checkpoint.network), network(model)
    if held and held != wanted:
        raise _another(model, checkpoint, f"{checkpoint.network}, which is {held}")


def _another(model, checkpoint, found):
    return AVEError(
        f"a file of another network than {model.name!r}",
        file=checkpoint.file,
        expected=network(model) or "its own released names",
        found=found,
        fix="AV_att.pt belongs to av_att, AV_att_weak.pt to w_av_att, DMRN.pt to dmrn_late",
    )


def _fits(weight, arrays):
    return all(name in arrays and arrays[name].shape == weight.shape for name in weight.names)


def _few(names):
    names = sorted(names)
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "") if names else "nothing"
