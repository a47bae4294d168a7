"""Imports and exports the weights of a model under the released names."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from ave_keras.checkpoints import lineage
from ave_keras.checkpoints.names import NETWORKS, differences, network_of, released_weights
from ave_keras.errors import AVEError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import keras

    from ave_keras.checkpoints.reading import Checkpoint


class Loaded(list):
    """The released names of the loaded tensors.

    Attributes:
        skipped: The names of the tensors in the file that the released network has but never uses.
    """

    def __init__(self, names: Iterable[str], skipped: Iterable[str] = ()):
        super().__init__(names)
        self.skipped = list(skipped)


def import_weights(model: keras.Model, checkpoint: Checkpoint, *, partial: bool = False) -> Loaded:
    """Loads the weights of a released file into a model.

    Kernels are transposed, and the two biases of PyTorch's LSTMs are added; the order of the gates is the same. The
    query, key and value of PyTorch's multi-head attention are one matrix, which is split. Files of `psp`, `cpsp`,
    `avsdn`, `cmran`, `cmbs` and `cace_net` contain tensors that the networks do not use; these are skipped.

    Args:
        model: A localizer of the same sizes, such as `zoo.load("av_att", protocol="official")`, or a model that a
            function of `models.lineage` built.
        checkpoint: The result of `read`.
        partial: Whether to load only matching weights and keep the others, like DMRN initialized from a trained
            A+V-att.

    Returns:
        The released names of the loaded weights, a list; its attribute `skipped` lists the unused tensors of the file.

    Raises:
        AVEError: The file is of another network or of other sizes; the model stays unchanged.

    Example:

    >>> import_weights(model, read("AV_att.pt"))
    """
    arrays, network = checkpoint.arrays, lineage.network_of(model)
    weights = _weights(model, network, partial)
    if not partial:
        _check_network(model, checkpoint)
    chosen = [w for w in weights if not partial or _fits(w, arrays)]
    expected = {name for w in chosen for name in w.names}
    skipped = [name for name in arrays if network and network.skips(name)]
    found = set(arrays) - set(skipped)
    if not chosen or expected - found or (not partial and found - expected):
        raise _wrong_network(
            model, checkpoint, f"missing {_shortened(expected - found)}, unexpected {_shortened(found - expected)}"
        )
    values = []
    for weight in chosen:
        for name in weight.names:
            array = arrays[name]
            if array.shape != weight.shape or array.dtype.kind != "f" or (network and array.dtype.itemsize < 4):
                raise AVEError(
                    f"the weights do not fit {model.name!r}",
                    file=checkpoint.file,
                    key=name,
                    expected=f"{'float32 or float64' if network else 'floats'} {weight.shape}",
                    found=f"{array.dtype} {array.shape}",
                    fix="Pass zoo.load the sizes of the trained model"
                    if array.shape != weight.shape
                    else "Save the tensors as float32",
                )
            if not np.isfinite(array).all():
                fix = "Download the file again"
                raise AVEError("a weight is NaN or infinite", file=checkpoint.file, key=name, fix=fix)
        first, *second = (np.float32(arrays[name]) for name in weight.names)
        values.append(first + second[0] if second else first)
    for weight, value in zip(chosen, values, strict=True):
        weight.assign(value)
    return Loaded((name for weight in chosen for name in weight.names), skipped)


def export_weights(model: keras.Model, like: Checkpoint | None = None) -> dict[str, np.ndarray]:
    """Exports the weights of a model as a state dict under the released names, `{name: NumPy array}`.

    A Keras LSTM has one bias; PyTorch's has two and adds them. Without `like`, the first is the Keras bias and the
    second is zero. With `like`, the file that the model was loaded from, both biases keep their values as long as they
    add up to the Keras bias, so that exporting an imported file reproduces it exactly. If training has changed the sum,
    the first bias takes the change. The sum always equals the Keras bias exactly.

    Networks of `models.lineage` lack the tensors that the released code has but never uses. With `like`, these are
    copied from it, so that the released code loads the result; without, it has to load it with `strict=False`.

    Args:
        model: A localizer with concatenation or one DMRN block, or a model that a function of `models.lineage` built.
        like: A `Checkpoint`, the result of `read`.

    Returns:
        `{name: float32 array}` in the order of the released files.

    Raises:
        AVEError: A weight of the model has no released name, or `like` is of another network.

    Warns:
        UserWarning: The released code computes different outputs with these weights.
    """
    network = lineage.network_of(model)
    weights = _weights(model, network)
    if like is not None:
        _check_network(model, like)
    for text in differences(model) if network is None else ():
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
    if network is None or like is None:
        return state
    unused = {name: np.float32(array) for name, array in like.arrays.items() if network.skips(name)}
    ordered = {name: {**unused, **state}[name] for name in like.arrays if name in unused or name in state}
    return {**ordered, **state}


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


def _weights(model, network, partial=False):
    return network.weights(model, partial=partial) if network else released_weights(model, partial=partial)


def _name_of(model):
    network = lineage.network_of(model)
    return network.name if network else network_of(model)


def _check_network(model, checkpoint):
    found, expected = {**NETWORKS, **lineage.CLASSES}.get(checkpoint.network), _name_of(model)
    if found and found != expected:
        raise _wrong_network(model, checkpoint, f"{checkpoint.network}, which is {found}")


def _wrong_network(model, checkpoint, found):
    network = lineage.network_of(model)
    return AVEError(
        f"the file is of another network than {model.name!r}",
        file=checkpoint.file,
        expected=_name_of(model) or "its own released names",
        found=found,
        fix=network.fix if network else "Use AV_att.pt for av_att, AV_att_weak.pt for w_av_att, DMRN.pt for dmrn_late",
    )


def _fits(weight, arrays):
    return all(name in arrays and arrays[name].shape == weight.shape for name in weight.names)


def _shortened(names):
    names = sorted(names)
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "") if names else "nothing"
