"""`zoo.load`: from a name to a compiled model."""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ave_keras import checkpoints
from ave_keras.checkpoints import keras2
from ave_keras.errors import AVEError, first_line
from ave_keras.models.files import read_model
from zoo.registry import aliases, entries, entry
from zoo.sharing.reading import is_address, open_published
from zoo.weights import find, model_file, tags

if TYPE_CHECKING:
    import keras

SHAPES = ("num_classes", "segments", "audio_dim", "visual_shape")


def load(
    name: str | Path,
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
        name: The name of an entry; `zoo.list()` returns all of them. Or a published model, which is returned itself,
            with its own shapes: the path of a folder of `ave-keras publish`, `hf://USER/NAME` or
            `hf://USER/NAME@REVISION`. Only `recipe` and `compile` go with it.
        weights: a tag of `zoo.weights(name)`, a published folder or `hf://USER/NAME`, whose shapes and protocol are
            then the default; or a file to load weights from: `.weights.h5` or `.keras` of the same entry and shapes;
            released weights (`AV_att.pt`, `AV_att_weak.pt`, `DMRN.pt`) or a state dict with their names, as `.pt`,
            `.pth`, `.bin` or `.safetensors`; the released Keras 2 file for `avdln`. Random weights by default.
        init_from: a trained `keras.Model`, a `.keras` file, a tag, a published model or released weights of another
            entry. Layers with the same name and shapes start from its weights, as the released DMRN started from
            A+V-att.
        protocol: `"paper"`, or `"official"` for what the released code does differently. By default `"official"` for
            released weights, which compute something else in the paper's form, and `"paper"` otherwise.
        recipe: Recipe values to change, such as `{"learning_rate": 1e-4}`.
        compile: False to compile the model yourself.
        **overrides: Shapes (`num_classes`, including background; `segments`; `audio_dim`; `visual_shape`), the released
            ones by default, and any other argument of the entry's builder, such as `lstm_units=64`. `**ave.spec` is
            the shapes of a data set.

    Returns:
        A functional `keras.Model` with inputs `{"audio": (B, T, d_a), "visual": (B, T, H, W, d_v)}`. Models that match
        sound and picture accept any T and have no `num_classes`.

    Raises:
        AVEError: An unknown name, argument or recipe key; a weights file that is missing or has other shapes; a tag of
            another entry; a published model that does not exist, or has a changed file.

    Example:

    >>> zoo.load("av_att", num_classes=5, segments=20, visual_shape=(14, 14, 1024), audio_dim=768)
    >>> zoo.load("av_att", weights="made-films")
    >>> zoo.load("hf://someone/barks")
    """
    if name not in (*entries(), *aliases()) and (is_address(name) or isinstance(name, Path) or "/" in str(name)):
        own = {"weights": weights, "init_from": init_from, "protocol": protocol, **overrides}
        return _load_published(name, {key for key, value in own.items() if value is not None}, recipe, compile)
    if published := find(weights):
        overrides, protocol = _as_published(published, name, overrides, protocol)
        weights = published.model
    chosen = entry(name, protocol or protocol_of(weights, init_from))
    if recipe is not None and not (isinstance(recipe, dict) and all(isinstance(key, str) for key in recipe)):
        raise AVEError("invalid recipe", key="recipe", expected='such as {"learning_rate": 1e-4}', found=repr(recipe))
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


def _load_published(source, given, recipe, compile):
    """The model of a published folder, or of one on a hub."""
    if not is_address(source):
        fix = "Give the name of an entry, a folder of ave-keras publish, or hf://USER/NAME"
        raise AVEError("no such entry or folder", file=source, fix=fix)
    if given:
        raise AVEError(
            "a published model has its own shapes and weights",
            file=source,
            expected="only the arguments recipe and compile",
            found=sorted(given),
            fix="Use zoo.load(ENTRY, weights=…) to change the model",
        )
    published = open_published(source)
    model = read_model(published.model, compile=False)
    if not compile:
        return model
    trained = {**published.manifest.get("recipe", {}), **(recipe or {})}
    return entry(published.entry, published.manifest["protocol"]).with_recipe(**trained).compile(model)


def _as_published(published, name, overrides, protocol):
    """`(overrides, protocol)` with the shapes and the protocol of published weights.

    Raises:
        AVEError: They belong to another entry, or other shapes or another protocol are wanted.
    """
    if entry(name).name != published.entry:
        raise AVEError(
            "these weights are of another entry",
            file=published.address,
            expected=entry(name).name,
            found=published.entry,
            fix=f"Use zoo.load({published.entry!r}, weights=…), or init_from= to take the layers that fit",
        )
    known = {**published.shapes, "protocol": published.manifest["protocol"]}
    wanted = {**overrides, **({"protocol": protocol} if protocol else {})}
    for key, value in known.items():
        found = wanted.get(key, value)
        if (tuple(found) if isinstance(found, list) else found) != value:
            raise AVEError(
                "these weights have other shapes" if key in SHAPES else "these weights are of another protocol",
                file=published.address,
                key=key,
                expected=value,
                found=found,
                fix=f"Leave out {key}, or use init_from= to take the layers that fit",
            )
    return {**overrides, **published.shapes}, published.manifest["protocol"]


def protocol_of(*sources: Any) -> str:
    """`"official"` if a source that a model starts from has the released names or this protocol, else `"paper"`."""
    named = [source for source in sources if isinstance(source, str | Path)]
    protocols = {published.manifest["protocol"] for published in map(find, named) if published}
    return "official" if any(map(checkpoints.is_checkpoint, named)) or "official" in protocols else "paper"


def load_weights(model: keras.Model, path: str | Path) -> None:
    """Loads the weights of a `.weights.h5`, `.keras` or released file into `model`.

    Raises:
        AVEError: The file is missing, unreadable, or from another architecture.
    """
    path = Path(path)
    if checkpoints.is_checkpoint(path):
        checkpoints.import_weights(model, checkpoints.read(path))
        return
    if not path.is_file():
        known = ", ".join(tag for tag, found in tags().items() if found.entry == model.name)
        raise AVEError("weights file not found", file=path, fix=f"Tags of {model.name!r}: {known}" if known else None)
    if keras2.is_keras2(path):
        keras2.load_avdln(model, path)
        return
    try:
        with warnings.catch_warnings():
            # Keras only warns, and keeps random weights, if part of the file is missing.
            warnings.simplefilter("error", UserWarning)
            model.load_weights(path)
    except (ValueError, OSError, KeyError, UserWarning) as error:
        _check_shapes(model, path)
        reason = first_line(error)
        raise AVEError(
            f"cannot load these weights into {model.name!r}",
            file=path,
            expected=f"weights of {model.name!r} with the same shapes",
            found=reason,
            fix="Pass the entry and the shapes that the file was saved with to zoo.load",
        ) from error


def _check_shapes(model, path):
    """Raises an error for the first layer whose weights have other shapes in a `.keras` file."""
    if path.suffix != ".keras":
        return
    stored = {layer.name: layer for layer in read_model(path, compile=False).layers}
    for layer in model.layers:
        shapes, wanted = ([tuple(w.shape) for w in x.weights] for x in (stored.get(layer.name, layer), layer))
        if shapes != wanted:
            raise AVEError(
                f"the weights do not fit into {model.name!r}",
                file=path,
                key=layer.name,
                expected=f"weights of shapes {wanted}",
                found=shapes,
                fix="Pass the sizes of the file, such as num_classes, or init_from= instead of weights= "
                "to take all layers that fit",
            )


def _check_overrides(chosen, overrides):
    from ave_keras import models

    known = [p for p in inspect.signature(getattr(models, chosen.builder)).parameters if p != "name"]
    for key in overrides:
        if key not in known:
            raise AVEError(f"unknown argument of entry '{chosen.name}'", key=key, expected=f"one of {known}")


def take_weights(model: keras.Model, source: str | Path | keras.Model) -> list[str]:
    """Copies the weights of all layers that `model` and `source` share, matched by name and shapes.

    The other layers keep their weights. The released DMRN was initialized from A+V-att like this: it took attention and
    both LSTMs; fusion and classifier were new.

    Args:
        model: The model to fill.
        source: a `keras.Model`, the `.keras` file of one, or weights under the released names.

    Returns:
        The names of the copied layers, or of the released weights.

    Raises:
        AVEError: The file is not a model, or no layer matches.
    """
    import keras

    if isinstance(source, str | Path) and checkpoints.is_checkpoint(source):
        return checkpoints.import_weights(model, checkpoints.read(source), partial=True)
    if not isinstance(source, keras.Model):
        source = read_model(model_file(source), compile=False)
    sources = {layer.name: layer for layer in source.layers if layer.weights}
    copied = []
    for layer in model.layers:
        other = sources.get(layer.name)
        if layer.weights and other and [w.shape for w in layer.weights] == [w.shape for w in other.weights]:
            layer.set_weights(other.get_weights())
            copied.append(layer.name)
    if not copied:
        raise AVEError(
            f"no layer of this model fits {model.name!r}",
            key="init_from",
            expected=f"layers among {[layer.name for layer in model.layers if layer.weights]} with the same shapes",
            found=sorted(sources),
        )
    return copied
