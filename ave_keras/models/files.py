"""Reads `.keras` files and their metadata, such as the class names and the encoders of the training features."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ave_keras.errors import AVEError, first_line
from ave_keras.models.fusing import without_half_cudnn

if TYPE_CHECKING:
    import keras

# Extra members of the archive, which Keras ignores.
MEMBER, ARRAYS = "ave_keras.json", "ave_keras.npz"


def read_model(path: str | Path, compile: bool = True) -> keras.Model:
    """Reads a `.keras` file.

    Args:
        path: The file to read.
        compile: Whether to restore the loss and the optimizer, which predictions do not need.

    Raises:
        AVEError: The file is missing or not a model.
    """
    import keras

    path = Path(path)
    if not path.is_file():
        raise AVEError("model file not found", file=path, fix="Create one with ave-keras train")
    if not zipfile.is_zipfile(path):
        found = "a file that is not a zip archive"
        raise AVEError("not a Keras model", file=path, expected="a complete .keras file", found=found)
    try:
        model = keras.models.load_model(path, compile=compile)
    except (ValueError, OSError, TypeError, KeyError) as error:
        raise AVEError("not a Keras model", file=path, found=first_line(error)) from error
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.LSTM):
            without_half_cudnn(layer)
    return model


def write_metadata(path: str | Path, arrays: dict[str, np.ndarray] | None = None, **metadata: Any) -> None:
    """Adds metadata to a `.keras` file without metadata.

    Args:
        path: The file.
        arrays: `{name: array}`, read by `read_arrays`.
        **metadata: JSON-able values, such as `class_names=[…]` without background.
    """
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(MEMBER, json.dumps(metadata, ensure_ascii=False, indent=1))
        if arrays:
            data = io.BytesIO()
            np.savez_compressed(data, allow_pickle=False, **arrays)
            archive.writestr(ARRAYS, data.getvalue())


def add_metadata(path: str | Path, arrays: dict[str, np.ndarray], **metadata: Any) -> None:
    """Adds metadata to what a `.keras` file has; the file is complete at any time.

    Args:
        path: The file.
        arrays: The arrays of the file from now on.
        **metadata: JSON-able values in place of those with the same keys; None removes a key.

    Raises:
        AVEError: The file cannot be written; it is unchanged then.
    """
    path = Path(path)
    partial = path.with_name(f".{path.stem}.partial.keras")
    try:
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(partial, "w") as new:
            for member in old.infolist():
                if member.filename not in (MEMBER, ARRAYS):
                    new.writestr(member, old.read(member))
        every = {**read_metadata(path), **metadata}
        write_metadata(partial, arrays, **{key: value for key, value in every.items() if value is not None})
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        fix = "Free some space; the file itself is complete and unchanged"
        raise AVEError("cannot add to the model's file", file=path, found=error.strerror or error, fix=fix) from error


def read_metadata(path: str | Path) -> dict[str, Any]:
    """Reads the metadata of `write_metadata`; `{}` if there is none, as in files that Keras saved."""
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read(MEMBER))
    except (KeyError, OSError, zipfile.BadZipFile):
        return {}


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """Reads the arrays of `write_metadata`; `{}` if there are none.

    Raises:
        AVEError: They are damaged, or objects, which could run code.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            data = archive.read(ARRAYS)
    except (KeyError, OSError, zipfile.BadZipFile):
        return {}
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return dict(arrays)
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise AVEError("damaged arrays", file=path, key=ARRAYS, found=first_line(error)) from error
