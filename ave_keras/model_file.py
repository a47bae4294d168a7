"""`.keras` files, and what such a file says of its own answers: the classes, and the encoders of its features."""

import json
import zipfile
from pathlib import Path

from ave_keras.data.layout import MODALITIES
from ave_keras.errors import AVEError
from ave_keras.features.assembly import MANIFEST
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


def write_facts(path, **facts):
    """Adds JSON-able facts to a `.keras` file that has none, such as `class_names=[…]`, background left out."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(MEMBER, json.dumps(facts, ensure_ascii=False, indent=1))


def facts_of(ave):
    """What a model trained on a data set should say: its title and classes, and the encoders where it was extracted."""
    facts = {"data": ave.title, "class_names": list(ave.class_names)}
    manifest = ave.folder and ave.folder / MANIFEST
    if manifest and manifest.is_file():
        try:
            recipe = json.loads(manifest.read_text(encoding="utf-8"))["recipe"]
            facts["encoders"] = {key: recipe[key] for key in MODALITIES}
        except (ValueError, KeyError, TypeError) as error:
            raise AVEError("not a manifest of ave-keras extract", file=manifest, found=error) from error
    return facts


def read_facts(path):
    """What `write_facts` wrote; `{}` where nothing was written, as in files saved by Keras alone."""
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read(MEMBER))
    except (KeyError, OSError, zipfile.BadZipFile):
        return {}
