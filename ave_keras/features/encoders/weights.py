"""Weights of other people's files into networks of ours: names, shapes and layout are checked before anything moves."""

from pathlib import Path

import numpy as np

from ave_keras import checkpoints
from ave_keras.errors import AVEError


def load_torch(model, path, names):
    """Puts a PyTorch state dict into a model; PyTorch is not needed and nothing in the file is run.

    Kernels `(out, in, …)` are turned into Keras' `(…, in, out)`.

    Args:
        model: a `keras.Model`.
        path: a file that `ave_keras.checkpoints.read` reads.
        names: `{layer of ours: prefix of theirs}`; `.weight` and `.bias` follow the prefix. Other names in the file,
            such as a classifier's, are left.

    Raises:
        AVEError: a name is missing or of another shape; the model is as it was before.
    """
    arrays = checkpoints.read(path).arrays
    found = {layer: [f"{prefix}.weight", f"{prefix}.bias"] for layer, prefix in names.items()}
    _assign(model, path, arrays, found, lambda kernel: np.moveaxis(kernel, (0, 1), (-1, -2)))


def load_tensorflow(model, path, names):
    """Puts a checkpoint of TensorFlow 1 into a model; its kernels have Keras' layout.

    Args:
        model: a `keras.Model`.
        path: `x.ckpt`, or what stands before `.index` and `.data-00000-of-00001` in the names of its files.
        names: `{layer of ours: (kernel, bias)}` by their names in the checkpoint, whatever scopes stand before them.

    Raises:
        AVEError: TensorFlow, whose reader is used, is not installed; not a checkpoint; a name or shape is wrong.
    """
    try:
        import tensorflow as tf
    except ImportError as error:
        raise AVEError(
            "checkpoints of TensorFlow are read by TensorFlow, which is not installed",
            file=path,
            fix='pip install "ave-keras[tensorflow]", or give the PyTorch release of the weights',
        ) from error
    try:
        reader = tf.train.load_checkpoint(str(path))
        known = list(reader.get_variable_to_shape_map())
        arrays = {}
        for name in (name for pair in names.values() for name in pair):
            matching = [k for k in known if k == name or k.endswith("/" + name)]
            if len(matching) == 1:
                arrays[name] = reader.get_tensor(matching[0])
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        raise AVEError("not a checkpoint of TensorFlow", file=path, found=str(error).splitlines()[0]) from error
    _assign(model, path, arrays, names, lambda kernel: kernel)


def load_any(model, path, torch, tensorflow=None):
    """`load_torch`, `load_tensorflow` or Keras' own `.weights.h5` and `.h5`, by the name of the file.

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
        "no such weights file" if not path.exists() else "not a file of weights",
        file=path,
        expected=".pt, .pth, .bin, .pickle, .safetensors or .h5" + (", or a TensorFlow checkpoint" * bool(tensorflow)),
        found=repr(path.suffix) if path.exists() else "nothing",
    )


def _load_keras(model, path):
    if not path.is_file():
        raise AVEError("no such weights file", file=path)
    try:
        model.load_weights(path)
    except (ValueError, OSError, KeyError) as error:
        reason = str(error).strip().splitlines()[0]
        raise AVEError(f"not the weights of {model.name!r}", file=path, found=reason) from error


def _assign(model, path, arrays, names, turn):
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
        pair = [turn(np.asarray(arrays[kernel])), np.asarray(arrays[bias])]
        for name, value, variable in zip((kernel, bias), pair, model.get_layer(layer).weights, strict=True):
            if value.shape != tuple(variable.shape) or value.dtype.kind != "f":
                raise AVEError(
                    f"the weights do not fit into {model.name!r}",
                    file=path,
                    key=name,
                    expected=f"floats {tuple(variable.shape)} of layer '{layer}', in Keras' order",
                    found=f"{value.dtype} {value.shape}",
                )
        values.append((model.get_layer(layer), pair))
    for layer, pair in values:
        layer.set_weights([np.float32(value) for value in pair])


def randomize(model, seed):
    """Random weights, He's, which are the same on every backend; biases are 0."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        shape = tuple(variable.shape)
        limit = np.float32(np.sqrt(6 / np.prod(shape[:-1])))
        value = np.zeros(shape) if len(shape) == 1 else (2 * rng.random(shape, "float32") - 1) * limit
        variable.assign(value)
