"""The released AVDLN, a weights file of Keras 2."""

from pathlib import Path

import h5py
import numpy as np

from ave_keras.errors import AVEError

# The released layers in our model: dense_1 and dense_2 see the picture, dense_3 and dense_4 hear the sound.
AVDLN = {
    "visual_hidden": "dense_1",
    "visual_embedding": "dense_2",
    "audio_hidden": "dense_3",
    "audio_embedding": "dense_4",
}


def is_keras2(path):
    """Whether a file is HDF5 weights as Keras 1 or 2 wrote them; files of Keras 3 are not."""
    try:
        with h5py.File(path, "r") as file:
            return _version(file) in ("1", "2")
    except OSError:
        # Not HDF5, or not whole: whoever reads it next says so.
        return False


def load_avdln(model, path):
    """Puts the released weights into a model of `ave_keras.models.avdln`.

    Args:
        model: at the released sizes, 128-d sound, 512-d picture.
        path: `cmm_model_weights.h5` of the released code.

    Raises:
        AVEError: no such file, another file, other layers, or shapes that are not the model's.

    Example:

    >>> model = avdln()
    >>> load_avdln(model, "cmm_model_weights.h5")
    """
    path = Path(path)
    kernels = read_dense(path)
    missing = [theirs for theirs in AVDLN.values() if theirs not in kernels]
    known = {layer.name for layer in model.layers}
    if missing or not known >= AVDLN.keys():
        raise AVEError(
            f"these are not the weights of {model.name!r}",
            file=path,
            expected=f"layers {', '.join(AVDLN.values())}, for entry 'avdln'",
            found=", ".join(kernels) or "no dense layer",
            fix="The released file is model/cmm_model_weights.h5 of YapengTian/AVE-ECCV18",
        )
    for ours, theirs in AVDLN.items():
        expected = [tuple(weight.shape) for weight in model.get_layer(ours).weights]
        found = [weight.shape for weight in kernels[theirs]]
        if found != expected:
            raise AVEError(
                f"weights of another shape than {model.name!r} has",
                file=path,
                key=theirs,
                expected=f"{expected} of '{ours}'",
                found=found,
                fix="The released weights fit audio_dim=128 and visual features of 512 channels, the defaults",
            )
        if not all(np.isfinite(weight).all() for weight in kernels[theirs]):
            raise AVEError("a weight is NaN or infinite", file=path, key=theirs, fix="Download the file again")
    for ours, theirs in AVDLN.items():
        model.get_layer(ours).set_weights(kernels[theirs])


def input_sizes(path):
    """`(d_a, d_v)` that the networks of a file take; the released 128 and 512 where it holds other layers."""
    kernels, released = read_dense(path), {"audio_hidden": 128, "visual_hidden": 512}
    return tuple(len(kernels[AVDLN[ours]][0]) if AVDLN[ours] in kernels else size for ours, size in released.items())


def read_dense(path):
    """`{layer: [kernel, bias]}` of a Keras 2 weights file, as NumPy arrays; layers without weights are left out.

    Raises:
        AVEError: no such file, or not weights of Keras 2.
    """
    if not Path(path).is_file():
        raise AVEError("no such weights file", file=path)
    try:
        with h5py.File(path, "r") as file:
            if _version(file) not in ("1", "2"):
                kind = "a file of Keras " + _version(file) if _version(file) else "HDF5 of another kind"
                raise AVEError("not a Keras 2 file", file=path, expected="weights that Keras 2 saved", found=kind)
            # `model.save` puts the layers into a group of their own.
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
            found=str(error).splitlines()[0],
        ) from error


def _version(file):
    """The first number of the Keras that wrote it; none where it does not say."""
    group = file if "layer_names" in file.attrs else file.get("model_weights", file)
    return _text(group.attrs.get("keras_version", "")).split(".")[0]


def _text(name):
    return name.decode() if isinstance(name, bytes) else str(name)
