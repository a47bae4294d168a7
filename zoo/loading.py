"""`zoo.load`: from a name to a compiled model."""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ave_keras import checkpoints
from ave_keras.checkpoints import keras2
from ave_keras.errors import AVEError
from ave_keras.models.files import read_model
from zoo.registry import entry

if TYPE_CHECKING:
    import keras

SHAPES = ("num_classes", "segments", "audio_dim", "visual_shape")


def load(
    name: str,
    *,
    weights: str | Path | None = None,
    init_from: str | Path | keras.Model | None = None,
    protocol: str | None = None,
    recipe: dict[str, Any] | None = None,
    compile: bool = True,
    **overrides: Any,
) -> keras.Model:
    """Builds a model of the zoo, compiled with its recipe.

    Args:
        name: of the entry; `zoo.list()` names them all.
        weights: a `.weights.h5` or `.keras` file of the same entry and shapes; or weights under the released names, as
            a `.pt`, `.pth`, `.bin` or `.safetensors` file (`AV_att.pt`, `AV_att_weak.pt`, `DMRN.pt`), and the Keras 2
            file of `avdln`. Random weights if absent.
        init_from: a trained model of another entry, its `.keras` file, or weights under the released names: layers of
            the same name and shapes start from it, as the released DMRN started from A+V-att.
        protocol: `"paper"`, or `"official"` for what the released code does differently. If absent, the paper's; with
            weights under the released names the official one, since they compute another function in the paper's form.
        recipe: recipe values to change, such as `{"learning_rate": 1e-4}`.
        compile: false to compile it yourself.
        **overrides: shapes (`num_classes`, background included; `segments`; `audio_dim`; `visual_shape`), which default
            to the released ones, and any other argument of the entry's builder, such as `lstm_units=64`. `**ave.spec`
            gives the shapes of a data set.

    Returns:
        A functional `keras.Model`; inputs `{"audio": (B, T, d_a), "visual": (B, T, H, W, d_v)}`. Models that match
        sound and picture take any T and know no `num_classes`.

    Raises:
        AVEError: an unknown name (the nearest are suggested), argument or recipe key; weights that are absent or of
            other shapes.

    Example:

    >>> zoo.load("av_att", num_classes=5, segments=20, visual_shape=(14, 14, 1024), audio_dim=768)
    """
    chosen = entry(name, protocol or protocol_of(weights, init_from))
    if recipe:
        chosen = chosen.with_recipe(**recipe)
    shapes = {key: overrides.pop(key) for key in SHAPES if key in overrides}
    _check_overrides(chosen, overrides)
    chosen = chosen.with_model(**overrides)
    model = chosen.build(**shapes)
    if init_from is not None:
        take_weights(model, init_from)
    if weights is not None:
        load_weights(model, weights)
    return chosen.compile(model) if compile else model


def protocol_of(*files: Any) -> str:
    """The protocol that fits what a model starts from: the official one where a file has the released names."""
    named = [file for file in files if isinstance(file, str | Path)]
    return "official" if any(map(checkpoints.is_checkpoint, named)) else "paper"


def load_weights(model: keras.Model, path: str | Path) -> None:
    """Puts the weights of a `.weights.h5` or `.keras` file, or of a released one, into `model`.

    Raises:
        AVEError: the file is absent, unreadable or of another architecture.
    """
    path = Path(path)
    if checkpoints.is_checkpoint(path):
        checkpoints.import_weights(model, checkpoints.read(path))
        return
    if not path.is_file():
        raise AVEError("no such weights file", file=path)
    if keras2.is_keras2(path):
        keras2.load_avdln(model, path)
        return
    try:
        with warnings.catch_warnings():
            # Keras warns, and leaves random weights, where a part of the file is missing.
            warnings.simplefilter("error", UserWarning)
            model.load_weights(path)
    except (ValueError, OSError, KeyError, UserWarning) as error:
        reason = str(error).splitlines()[0]
        raise AVEError(
            f"cannot load these weights into {model.name!r}",
            file=path,
            expected=f"weights that {model.name!r} was saved with, at these sizes",
            found=reason,
            fix="Give zoo.load the entry and the shapes that the file was saved with",
        ) from error


def _check_overrides(chosen, overrides):
    from ave_keras import models

    known = [p for p in inspect.signature(getattr(models, chosen.builder)).parameters if p != "name"]
    for key in overrides:
        if key not in known:
            raise AVEError(f"entry '{chosen.name}' takes no such argument", key=key, expected=f"one of {known}")


def take_weights(model: keras.Model, source: str | Path | keras.Model) -> list[str]:
    """Copies the weights of every layer of `source` that `model` has too, by name and shapes; the rest stays random.

    The released DMRN started from a trained A+V-att this way: attention and both LSTMs are taken, fusion and classifier
    are new.

    Args:
        model: the model to fill.
        source: a `keras.Model`, the `.keras` file of one, or weights under the released names.

    Returns:
        The names of the layers taken, or the released names.

    Raises:
        AVEError: the file is no model, or the two have no layer in common.
    """
    import keras

    if isinstance(source, str | Path) and checkpoints.is_checkpoint(source):
        return checkpoints.import_weights(model, checkpoints.read(source), partial=True)
    if not isinstance(source, keras.Model):
        source = read_model(source, compile=False)
    given = {layer.name: layer for layer in source.layers if layer.weights}
    taken = []
    for layer in model.layers:
        twin = given.get(layer.name)
        if layer.weights and twin and [w.shape for w in layer.weights] == [w.shape for w in twin.weights]:
            layer.set_weights(twin.get_weights())
            taken.append(layer.name)
    if not taken:
        raise AVEError(
            f"nothing of this model fits into {model.name!r}",
            key="init_from",
            expected=f"layers among {[layer.name for layer in model.layers if layer.weights]} with the same shapes",
            found=sorted(given),
        )
    return taken
