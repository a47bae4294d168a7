"""`.keras` files and the metadata in them: the class names, and the encoders of the training features."""

import json
import zipfile
from pathlib import Path

from ave_keras.errors import AVEError
from ave_keras.models.fusing import without_half_cudnn

# Keras reads the members it knows of the archive and leaves others alone; the file stays one file.
MEMBER = "ave_keras.json"


def read_model(path, compile=True):
    """Reads a `.keras` file.

    Args:
        path: of the file.
        compile: false leaves out loss and optimizer, which an answer does not need.

    Raises:
        AVEError: the file is absent or not a model.
    """
    import keras

    path = Path(path)
    if not path.is_file():
        raise AVEError("no such model", file=path, fix="ave-keras train writes one")
    if not zipfile.is_zipfile(path):
        found = "no archive, as .keras files are"
        raise AVEError("not a model that Keras can read", file=path, expected="a whole .keras file", found=found)
    try:
        model = keras.models.load_model(path, compile=compile)
    except (ValueError, OSError, TypeError, KeyError) as error:
        raise AVEError("not a model that Keras can read", file=path, found=str(error).splitlines()[0]) from error
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.LSTM):
            without_half_cudnn(layer)
    return model


def write_metadata(path, **metadata):
    """Adds JSON-able metadata to a `.keras` file that has none, such as `class_names=[…]`, background left out."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(MEMBER, json.dumps(metadata, ensure_ascii=False, indent=1))


def read_metadata(path):
    """What `write_metadata` wrote; `{}` where nothing was written, as in files saved by Keras alone."""
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read(MEMBER))
    except (KeyError, OSError, zipfile.BadZipFile):
        return {}
