"""Loads weights from other projects' files; checks names, shapes and layout before it changes the model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ave_keras import checkpoints
from ave_keras.errors import AVEError, first_line

if TYPE_CHECKING:
    import keras


def downloaded(name: str) -> Path | None:
    """The file of this name that PyTorch's `torch.hub` has downloaded, as torchvggish does; None if there is none."""
    path = hub() / name
    return path if path.is_file() else None


def hub() -> Path:
    """The folder that `torch.hub` downloads to."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.environ.get("TORCH_HOME") or f"{cache}/torch").expanduser() / "hub" / "checkpoints"


def load_torch(model: keras.Model, path: str | Path, names: Mapping[str, str]) -> None:
    """Loads a PyTorch state dict into a model, without PyTorch and without running code from the file.

    Kernels `(out, in, …)` are transposed to Keras' `(…, in, out)`.

    Args:
        model: The `keras.Model`.
        path: The file, in a format that `ave_keras.checkpoints.read` supports.
        names: `{Keras layer: PyTorch prefix}`; `.weight` and `.bias` follow the prefix. Other names in the file, such
            as those of a classifier, are ignored.

    Raises:
        AVEError: A name is missing or has another shape; the model stays unchanged.
    """
    arrays = checkpoints.read(path).arrays
    pairs = {layer: [f"{prefix}.weight", f"{prefix}.bias"] for layer, prefix in names.items()}
    _assign(model, path, arrays, pairs, lambda kernel: np.moveaxis(kernel, (0, 1), (-1, -2)))


def load_tensorflow(model: keras.Model, path: str | Path, names: Mapping[str, tuple[str, str]]) -> None:
    """Loads a TensorFlow 1 checkpoint into a model; its kernels already have Keras' layout.

    Args:
        model: The `keras.Model`.
        path: `x.ckpt`, or the path of its files without `.index` and `.data-00000-of-00001`.
        names: `{Keras layer: (kernel, bias)}`, the names in the checkpoint without their scopes.

    Raises:
        AVEError: TensorFlow is not installed, the file is not a checkpoint, or a name or shape is wrong.
    """
    try:
        import tensorflow as tf
    except ImportError as error:
        raise AVEError(
            "reading a TensorFlow checkpoint needs TensorFlow, which is not installed",
            file=path,
            fix='pip install "ave-keras[tensorflow]", or use the PyTorch release of the weights',
        ) from error
    try:
        reader = tf.train.load_checkpoint(str(path))
        stored = list(reader.get_variable_to_shape_map())
        arrays = {}
        for name in (name for pair in names.values() for name in pair):
            matching = [k for k in stored if k == name or k.endswith("/" + name)]
            if len(matching) == 1:
                arrays[name] = reader.get_tensor(matching[0])
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        raise AVEError("not a TensorFlow checkpoint", file=path, found=first_line(error)) from error
    _assign(model, path, arrays, names, lambda kernel: kernel)


def load_any(
    model: keras.Model,
    path: str | Path,
    torch: Mapping[str, str],
    tensorflow: Mapping[str, tuple[str, str]] | None = None,
) -> str:
    """Loads weights by file name: with `load_torch`, `load_tensorflow` or, for `.weights.h5` and `.h5`, Keras.

    Returns:
        "torch", "tensorflow" or "keras".
    """
    path = Path(path)
    if checkpoints.is_checkpoint(path) or path.suffix in (".pickle", ".pkl"):
        load_torch(model, path, torch)
        return "torch"
    if path.suffix == ".h5":
        _load_keras(model, path)
        return "keras"
    if tensorflow and (path.is_file() or path.with_name(path.name + ".index").is_file()):
        load_tensorflow(model, path, tensorflow)
        return "tensorflow"
    raise AVEError(
        "weights file not found" if not path.exists() else "not a weights file",
        file=path,
        expected=".pt, .pth, .bin, .pickle, .safetensors or .h5" + (", or a TensorFlow checkpoint" * bool(tensorflow)),
        found=repr(path.suffix) if path.exists() else "no file",
    )


def _load_keras(model, path):
    if not path.is_file():
        raise AVEError("weights file not found", file=path)
    try:
        model.load_weights(path)
    except (ValueError, OSError, KeyError) as error:
        reason = first_line(error)
        raise AVEError(f"not the weights of {model.name!r}", file=path, found=reason) from error


def _assign(model, path, arrays, names, to_keras):
    missing = [name for pair in names.values() for name in pair if name not in arrays]
    if missing:
        raise AVEError(
            f"not the weights of {model.name!r}",
            file=path,
            expected=", ".join(name for pair in names.values() for name in pair),
            found=f"no {', '.join(missing[:4])}" + (f" and {len(missing) - 4} more" if len(missing) > 4 else ""),
        )
    values = []
    for layer, (kernel, bias) in names.items():
        pair = [to_keras(np.asarray(arrays[kernel])), np.asarray(arrays[bias])]
        for name, value, variable in zip((kernel, bias), pair, model.get_layer(layer).weights, strict=True):
            if value.shape != tuple(variable.shape) or value.dtype.kind != "f":
                raise AVEError(
                    f"the weights do not fit {model.name!r}",
                    file=path,
                    key=name,
                    expected=f"floats {tuple(variable.shape)} for layer '{layer}', in Keras' order",
                    found=f"{value.dtype} {value.shape}",
                )
        values.append((model.get_layer(layer), pair))
    for layer, pair in values:
        layer.set_weights([np.float32(value) for value in pair])


def randomize(model: keras.Model, seed: int) -> None:
    """Sets He-uniform kernels that are the same on every backend; biases and scales stay as a new model has them."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        shape = tuple(variable.shape)
        if len(shape) > 1:
            limit = np.float32(np.sqrt(6 / np.prod(shape[:-1])))
            variable.assign((2 * rng.random(shape, "float32") - 1) * limit)
