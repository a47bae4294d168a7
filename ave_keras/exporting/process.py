"""`export`: writes a model for another runtime, converted and compared in a separate process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ave_keras.data.layout import MODALITIES
from ave_keras.errors import AVEError
from ave_keras.exporting.formats import FORMATS, TENSORFLOW
from ave_keras.exporting.portable import computes_in_float32, output_names

if TYPE_CHECKING:
    import keras

TOLERANCE = 1e-4
# In the working folder: the model to convert, the folder for the exported files, and the result.
MODEL, MADE, RESULT = "model.keras", "made", "result.json"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Exported:
    """An exported file.

    Attributes:
        path: Path of the file, or of the folder of a SavedModel.
        inputs: Names of the inputs.
        outputs: `{name in Keras: name in the file}`.
        difference: Largest difference from the outputs of Keras, see `conversion.difference`; None without a runtime.
        float32: Whether the model itself computes in float32; the file always does.
    """

    path: Path
    inputs: tuple
    outputs: dict
    difference: float | None
    float32: bool


def export(model: keras.Model, path: str | Path, format: str = "onnx", overwrite: bool = False) -> Exported:
    """Exports a model for another runtime, runs it there, and compares its outputs with those of Keras.

    The batch size stays variable, and so does T if the model takes any T. Inputs and outputs keep their names, but an
    output with the name of an input becomes `…_embedding` (`avdln`, `dcca`). If the runtime is not installed, the file
    is written but not compared. TensorFlow converts in a separate process on the CPU, whatever the backend.

    Args:
        model: a model of the zoo.
        path: Output file `.onnx`, `.tflite` or `.xml`, or folder of a SavedModel.
        format: `"onnx"`, `"saved_model"`, `"litert"` or `"openvino"`.
        overwrite: Whether to replace an existing file.

    Returns:
        `Exported`.

    Raises:
        AVEError: An unknown format or suffix, another kind of model, an existing file, a missing package, a failed
            conversion, or outputs that differ by more than 1e-4. Nothing is written then.
        OSError: The folder cannot be written.

    Example:

    >>> export(zoo.load("av_att", weights="model.keras"), "av_att.onnx").difference
    1.4e-07
    """
    if format not in FORMATS:
        raise AVEError("unknown format", key="format", expected=f"one of {list(FORMATS)}", found=repr(format))
    form, path = FORMATS[format], Path(path)
    _check_model(model)
    _check_path(path, form, overwrite)
    form.check_installed()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=path.parent) as name:
        folder = Path(name)
        model.save(folder / MODEL)
        (folder / MADE).mkdir()
        difference = _convert(folder, path.name, form)
        # Written like this, the comparison also catches NaN.
        if difference is not None and not difference <= TOLERANCE:
            raise AVEError(
                f"{format} outputs differ from those of Keras",
                expected=f"within {TOLERANCE}",
                found=f"{difference:.1e}",
            )
        _move(folder / MADE / path.name, path, form)
    inputs = tuple(symbol.name for symbol in model.inputs)
    return Exported(path, inputs, output_names(model), difference, computes_in_float32(model))


def _check_model(model):
    names = {symbol.name for symbol in model.inputs}
    if not names <= set(MODALITIES):
        raise AVEError(
            f"{model.name!r} is not a model of the zoo",
            expected=f"inputs among {list(MODALITIES)}",
            found=sorted(names),
            fix="Use model.export(path, format=…) of Keras for other models",
        )


def _check_path(path, form, overwrite):
    if form.suffix and path.suffix != form.suffix:
        raise AVEError(f"wrong suffix for {form.name}", file=path, expected=form.suffix)
    for there in filter(Path.exists, _parts(path, form)):
        if not overwrite:
            raise AVEError("file exists", file=there, fix="Choose another name, or use --overwrite (overwrite=True)")
        saved_model = (there / "saved_model.pb").is_file()
        if there.is_dir() if form.suffix else not saved_model:
            kind = "a file" if form.suffix else "the folder of a SavedModel"
            raise AVEError("cannot replace this", file=there, expected=kind, fix="Choose another name")


def _parts(path, form):
    """All files of the export."""
    return [path, path.with_suffix(form.beside)] if form.beside else [path]


def _convert(folder, name, form):
    """Runs `python -m ave_keras.exporting`; returns the difference, or None without a runtime."""
    env = {
        **os.environ,
        "KERAS_BACKEND": TENSORFLOW,
        # On a GPU, TF32 would exceed the tolerance.
        "CUDA_VISIBLE_DEVICES": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }
    command = [sys.executable, "-m", "ave_keras.exporting", str(folder), name, form.name]
    done = subprocess.run(command, env=env, capture_output=True, text=True, errors="replace", check=False)
    result = folder / RESULT
    if not result.is_file():
        said = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise AVEError(f"the conversion to {form.name} crashed", found=said[-1])
    answer = json.loads(result.read_text(encoding="utf-8"))
    if "error" in answer:
        raise AVEError(f"cannot export to {form.name}", found=answer["error"].rstrip("."))
    return answer["difference"]


def _move(source, target, form):
    if target.is_dir():
        shutil.rmtree(target)
    for made, place in zip(_parts(source, form), _parts(target, form), strict=True):
        made.replace(place)
