"""Writes the folder of a published model."""

from __future__ import annotations

import contextlib
import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path, PurePath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from ave_keras import plots
from ave_keras.data.layout import data_name
from ave_keras.errors import AVEError
from ave_keras.models.files import read_arrays, read_metadata, read_model, write_metadata
from zoo.sharing import scores as test_scores
from zoo.sharing.card import render
from zoo.sharing.halving import halve
from zoo.sharing.manifest import FORMAT, MANIFEST, MODEL, read_manifest, sha256

if TYPE_CHECKING:
    import keras

    from ave_keras.data.ave import AVE

CARD, LOG, PICTURE = "README.md", "log.csv", "confusion.png"
# What a model file of ave-keras train says about itself, and a published one repeats.
RECORDED: tuple[str, ...] = ("entry", "protocol", "data", "class_names", "encoders", "recipe", "seed", "versions")
RECORDED += ("started_from", "temperature", "unknown")


def publish(
    run: str | Path,
    to: str | Path,
    *,
    license: str,
    ave: AVE | None = None,
    float16: bool = False,
    force: bool = False,
) -> Path:
    """Writes a folder for a model hub: model, card, manifest with checksums, training log, and confusion picture.

    Args:
        run: The folder that `ave-keras train` has written, or the `.keras` file in it.
        to: The folder to write.
        license: The licence of the weights, such as "apache-2.0" or "cc-by-4.0".
        ave: The data set whose test split the published weights are scored on; by default, the score that `ave-keras
            evaluate --store` has kept is taken.
        float16: Whether to store the weights as float16, in half the space. The score is of the rounded weights.
        force: Whether to replace a published folder.

    Returns:
        The folder `to`.

    Raises:
        AVEError: There is no such run, or it lacks metadata or a score; the folder exists. Nothing is written then.

    Example:

    >>> publish("runs/av_att", "published", license="cc-by-4.0", ave=AVE.from_directory("AVE_DIR"))
    """
    source = Path(run) / MODEL if Path(run).is_dir() else Path(run)
    licence = _one_line(license)
    model = read_model(source, compile=False)
    metadata = _metadata(source)
    if ave is None:
        scores = _stored(source, float16)
    with _new_folder(Path(to), force) as folder:
        # Without the optimizer, which is twice the size of the weights and of use to the same run only.
        model.save(folder / MODEL)
        if float16:
            halve(folder / MODEL)
        write_metadata(folder / MODEL, read_arrays(source), **metadata)
        if ave is not None:
            scores = _scored(folder / MODEL, ave)
        kept = {key: value for key, value in scores.items() if key not in ("truth", "predicted")}
        about = {
            "shapes": shapes_of(model),
            "stored_as": "float16" if float16 else str(model.variable_dtype),
            "license": licence,
            "scores": kept,
        }
        manifest: dict[str, Any] = {"format": FORMAT, **metadata, **about}
        if log := source.with_name(LOG).is_file():
            shutil.copyfile(source.with_name(LOG), folder / LOG)
        if "truth" in scores:
            names = (*metadata["class_names"], "Background")
            title = f"{metadata['entry']} on {data_name(scores['data'])}, test split"
            plots.save(plots.evaluation_figure(scores["truth"], scores["predicted"], names, title), folder / PICTURE)
        (folder / CARD).write_text(render(manifest, scores, log), encoding="utf-8")
        manifest["files"] = {path.name: sha256(path) for path in sorted(folder.iterdir())}
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return Path(to)


def shapes_of(model: keras.Model) -> dict[str, Any]:
    """The shapes that `zoo.load` needs to build a model of the same sizes."""
    inputs = {symbol.name: tuple(symbol.shape) for symbol in model.inputs}
    output = model.output
    segments = output.get("segments") if isinstance(output, dict) else output
    found = {
        "num_classes": None if segments is None else segments.shape[-1],
        "segments": next(iter(inputs.values()))[1],
        "audio_dim": inputs["audio"][-1] if "audio" in inputs else None,
        "visual_shape": list(inputs["visual"][2:]) if "visual" in inputs else None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _metadata(source):
    metadata = read_metadata(source)
    for key in ("entry", "protocol", "data", "class_names"):
        if key not in metadata:
            fix = "Publish a file that ave-keras train has written"
            raise AVEError("the model's file does not say what it is", file=source, key=key, fix=fix)
    found = {key: metadata[key] for key in RECORDED if key in metadata}
    if encoders := found.get("encoders"):
        found["encoders"] = {key: _without_paths(encoder) for key, encoder in encoders.items()}
    return found


def _without_paths(encoder):
    """An encoder whose files are named without their folders, which are nobody else's business."""
    options = {key: _file_name(value) for key, value in encoder["options"].items()}
    return {**encoder, "options": options}


def _file_name(value):
    """The last part of an absolute path, on any system; all else as it is."""
    kinds = (PurePath, PureWindowsPath) if isinstance(value, str) else ()
    return next((kind(value).name for kind in kinds if kind(value).is_absolute()), value)


def _stored(source, float16):
    if float16:
        fix = "Add --data DIR, which scores the rounded weights on the test split"
        raise AVEError("weights rounded to float16 have no score yet", file=source, fix=fix)
    return test_scores.stored(source)


def _scored(path, ave):
    from zoo.evaluation.model import load_model

    if not len(ave.split("test")):
        raise AVEError("the test split is empty", file=ave.folder, key="--data")
    return test_scores.score_test(load_model(path, ave), ave)


def _one_line(text):
    if not (text := text.strip()) or not text.isprintable():
        raise AVEError("the licence has no name", key="--license", expected="such as cc-by-4.0", found=repr(text))
    return text


@contextlib.contextmanager
def _new_folder(to: Path, force: bool) -> Iterator[Path]:
    """Yields a temporary folder, which becomes `to` if the block succeeds."""
    _check_target(to, force)
    temporary = to.absolute().with_name(f".{to.name}.{uuid.uuid4().hex[:8]}")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if to.exists():
            old = temporary.with_name(f"{temporary.name}.old")
            to.replace(old)
            temporary.replace(to)
            shutil.rmtree(old)
        else:
            temporary.replace(to)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check_target(to, force):
    if to.exists() and not to.is_dir():
        raise AVEError("not a folder", file=to, key="--to", fix="Choose another path")
    there = {path.name for path in to.iterdir()} if to.is_dir() else set()
    if there and not force:
        raise AVEError("the folder is not empty", file=to, key="--to", fix="Choose another, or use --force")
    if there:
        own = {MANIFEST, *(read_manifest(to / MANIFEST)["files"] if MANIFEST in there else ())}
        if MANIFEST not in there or (other := sorted(there - own)):
            found = f"also {other[0]}" if MANIFEST in there else f"no {MANIFEST}"
            fix = "Choose another folder, and copy the files"
            raise AVEError("the folder is more than a published model", file=to, key="--to", found=found, fix=fix)
