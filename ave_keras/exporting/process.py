"""`export`: a model to a file that another runtime reads, converted and compared in a process of its own."""

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
# In the folder of a conversion: what is converted, the folder of what is made, and how it went.
MODEL, MADE, RESULT = "model.keras", "made", "result.json"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Exported:
    """A file that was written.

    Attributes:
        path: of the file, or of the folder of a SavedModel.
        inputs: their names.
        outputs: `{name in Keras: name in the file}`.
        difference: the largest from Keras' own answers, see `conversion.difference`; None without a runtime.
        float32: false where the model itself computes in another type; the file always computes in float32.
    """

    path: Path
    inputs: tuple
    outputs: dict
    difference: float | None
    float32: bool


def export(model: keras.Model, path: str | Path, format: str = "onnx", overwrite: bool = False) -> Exported:
    """Writes a model for another runtime, runs the file there and compares its answers with Keras'.

    The batch size stays open, and so does T where the model takes any. Inputs and outputs keep their names, save that
    an output called as an input is becomes `…_embedding` (`avdln`, `dcca`). Where the runtime is not installed the file
    is written all the same. The conversion runs on TensorFlow, in another process and on the CPU, whatever the backend.

    Args:
        model: a model of the zoo, trained or not.
        path: to write: `.onnx`, `.tflite` or `.xml`, or the folder of a SavedModel.
        format: `"onnx"`, `"saved_model"`, `"litert"` or `"openvino"`.
        overwrite: whether to replace what is there.

    Returns:
        `Exported`.

    Raises:
        AVEError: an unknown format or suffix, another kind of model, a file that exists, a package that is missing, a
            conversion that fails, or answers that are off by more than 1e-4. Nothing is written then.
        OSError: the folder cannot be written.

    Example:

    >>> export(zoo.load("av_att", weights="model.keras"), "av_att.onnx").difference
    1.4e-07
    """
    if format not in FORMATS:
        raise AVEError("no such format", key="format", expected=f"one of {list(FORMATS)}", found=repr(format))
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
        # Not below the tolerance: NaN is not either.
        if difference is not None and not difference <= TOLERANCE:
            raise AVEError(
                f"{format} does not answer as Keras does", expected=f"within {TOLERANCE}", found=f"{difference:.1e}"
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
            fix="Other models: model.export(path, format=…) of Keras",
        )


def _check_path(path, form, overwrite):
    if form.suffix and path.suffix != form.suffix:
        raise AVEError(f"not a name for {form.name}", file=path, expected=f"one that ends in {form.suffix}")
    for there in filter(Path.exists, _parts(path, form)):
        if not overwrite:
            raise AVEError("there is one already", file=there, fix="Give another name, or --overwrite (overwrite=True)")
        saved_model = (there / "saved_model.pb").is_file()
        if there.is_dir() if form.suffix else not saved_model:
            kind = "a file" if form.suffix else "the folder of a SavedModel"
            raise AVEError("will not be replaced", file=there, expected=kind, fix="Give another name")


def _parts(path, form):
    """What the export consists of."""
    return [path, path.with_suffix(form.beside)] if form.beside else [path]


def _convert(folder, name, form):
    """Runs `python -m ave_keras.exporting`; returns the difference, or None where nothing could be compared."""
    env = {
        **os.environ,
        "KERAS_BACKEND": TENSORFLOW,
        # A GPU would compute with TF32, which is off by more than the tolerance.
        "CUDA_VISIBLE_DEVICES": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }
    command = [sys.executable, "-m", "ave_keras.exporting", str(folder), name, form.name]
    done = subprocess.run(command, env=env, capture_output=True, text=True, errors="replace", check=False)
    result = folder / RESULT
    if not result.is_file():
        said = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise AVEError(f"the conversion to {form.name} ended", found=said[-1])
    answer = json.loads(result.read_text(encoding="utf-8"))
    if "error" in answer:
        raise AVEError(f"cannot be exported to {form.name}", found=answer["error"].rstrip("."))
    return answer["difference"]


def _move(source, target, form):
    if target.is_dir():
        shutil.rmtree(target)
    for made, place in zip(_parts(source, form), _parts(target, form), strict=True):
        made.replace(place)
