"""Reads `.keras` files and their metadata: the class names, and the encoders of the training features."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ave_keras.errors import AVEError, first_line
from ave_keras.models.fusing import without_half_cudnn

if TYPE_CHECKING:
    import keras

# An extra member of the archive, which Keras ignores.
MEMBER = "ave_keras.json"


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


def write_metadata(path: str | Path, **metadata: Any) -> None:
    """Adds JSON-able metadata, such as `class_names=[…]` without background, to a `.keras` file without metadata."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(MEMBER, json.dumps(metadata, ensure_ascii=False, indent=1))


def read_metadata(path: str | Path) -> dict[str, Any]:
    """Reads the metadata of `write_metadata`; `{}` if there is none, as in files that Keras saved."""
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read(MEMBER))
    except (KeyError, OSError, zipfile.BadZipFile):
        return {}
