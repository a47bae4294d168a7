"""Reads the released AVDLN, a Keras 2 weights file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from ave_keras.errors import AVEError, first_line

if TYPE_CHECKING:
    import keras

# The released layer for each of our layers: dense_1 and dense_2 are visual, dense_3 and dense_4 audio.
AVDLN = {
    "visual_hidden": "dense_1",
    "visual_embedding": "dense_2",
    "audio_hidden": "dense_3",
    "audio_embedding": "dense_4",
}


def is_keras2(path: str | Path) -> bool:
    """Whether a file contains HDF5 weights of Keras 1 or 2, not of Keras 3."""
    try:
        with h5py.File(path, "r") as file:
            return _version(file) in ("1", "2")
    except OSError:
        # Not HDF5, or damaged: the next reader reports it.
        return False


def load_avdln(model: keras.Model, path: str | Path) -> None:
    """Loads the released weights into a model built by `ave_keras.models.avdln`.

    Args:
        model: A model of the released sizes, with 128-d audio and 512-d visual features.
        path: The file `cmm_model_weights.h5` of the released code.

    Raises:
        AVEError: The file is missing or of another kind, or its layers or shapes do not fit the model.

    Example:

    >>> model = avdln()
    >>> load_avdln(model, "cmm_model_weights.h5")
    """
    path = Path(path)
    kernels = read_dense(path)
    missing = [theirs for theirs in AVDLN.values() if theirs not in kernels]
    layers = {layer.name for layer in model.layers}
    if missing or not layers >= AVDLN.keys():
        raise AVEError(
            f"not the weights of {model.name!r}",
            file=path,
            expected=f"layers {', '.join(AVDLN.values())}, for entry 'avdln'",
            found=", ".join(kernels) or "no dense layer",
            fix="Use model/cmm_model_weights.h5 of YapengTian/AVE-ECCV18",
        )
    for ours, theirs in AVDLN.items():
        expected = [tuple(weight.shape) for weight in model.get_layer(ours).weights]
        found = [weight.shape for weight in kernels[theirs]]
        if found != expected:
            raise AVEError(
                f"the weights do not fit {model.name!r}",
                file=path,
                key=theirs,
                expected=f"{expected} of '{ours}'",
                found=found,
                fix="For the released weights, use the defaults: audio_dim=128 and visual features of 512 channels",
            )
        if not all(np.isfinite(weight).all() for weight in kernels[theirs]):
            raise AVEError("a weight is NaN or infinite", file=path, key=theirs, fix="Download the file again")
    for ours, theirs in AVDLN.items():
        model.get_layer(ours).set_weights(kernels[theirs])


def input_sizes(path: str | Path) -> tuple[int, ...]:
    """The input sizes `(d_a, d_v)` of the networks in a file; the released sizes 128 and 512 if a layer is missing."""
    kernels, released = read_dense(path), {"audio_hidden": 128, "visual_hidden": 512}
    return tuple(len(kernels[AVDLN[ours]][0]) if AVDLN[ours] in kernels else size for ours, size in released.items())


def read_dense(path: str | Path) -> dict[str, list[np.ndarray]]:
    """Reads `{layer: [kernel, bias]}` from a Keras 2 weights file as NumPy arrays; skips layers without weights.

    Raises:
        AVEError: The file is missing, or does not contain Keras 2 weights.
    """
    if not Path(path).is_file():
        raise AVEError("weights file not found", file=path)
    try:
        with h5py.File(path, "r") as file:
            if _version(file) not in ("1", "2"):
                kind = "a file of Keras " + _version(file) if _version(file) else "HDF5 of another kind"
                raise AVEError("not a Keras 2 file", file=path, expected="weights that Keras 2 saved", found=kind)
            # `model.save` stores the layers in a separate group.
            file = file.get("model_weights", file)
            return {
                layer: [np.array(file[layer][name]) for name in names]
                for layer in map(_text, file.attrs["layer_names"])
                if (names := [_text(name) for name in file[layer].attrs["weight_names"]])
            }
    except (OSError, KeyError) as error:
        raise AVEError(
            "not a Keras 2 file",
            file=path,
            expected="HDF5 with an attribute 'layer_names' and weights by layer",
            found=first_line(error),
        ) from error


def _version(file):
    """The major version of the Keras that wrote the file; empty if the file does not state it."""
    group = file if "layer_names" in file.attrs else file.get("model_weights", file)
    return _text(group.attrs.get("keras_version", "")).split(".")[0]


def _text(name):
    return name.decode() if isinstance(name, bytes) else str(name)
