"""`ave-keras export`: a model for another runtime."""

from pathlib import Path
from typing import Annotated

import typer


def export(
    model: Annotated[str, typer.Argument(help="A .keras file, or an entry's name: random weights, to try it out.")],
    format: Annotated[str, typer.Option(help="onnx, saved_model, litert or openvino.")],
    out: Annotated[
        Path | None, typer.Option(help="File to write: .onnx, .tflite or .xml; a folder for saved_model. [by MODEL]")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
):
    """Write a model for another runtime, run it there, and say how far its answers are from Keras' own.

    TensorFlow does the conversion, in a process of its own, whichever backend is in use: `pip install
    "ave-keras[tensorflow,export]"`. saved_model and litert need no more than it; onnx needs tf2onnx, and onnxruntime to
    be run (both in `export`); openvino is the extra `openvino`. The batch size stays open; the file computes in
    float32. Answers that differ by more than 1e-4 are refused; without the runtime the file is written, not checked.

    Examples:

    ave-keras export runs/av_att/model.keras --format onnx --out av_att.onnx

    ave-keras export av_att --format litert
    """
    from ave_keras import exporting
    from zoo.cli import console

    loaded, trained = _model(model)
    out = out or _beside(model, exporting.FORMATS.get(format))
    found = exporting.export(loaded, out, format, overwrite)
    if not trained:
        console.print(
            f"{model} has random weights, which know nothing; give a .keras file for a trained model", soft_wrap=True
        )
    if not found.float32:
        console.print(
            "the file computes in float32, and was compared with Keras in float32; the model's own type is lower"
        )
    names = ", ".join(name if name == own else f"{name} ({own} in Keras)" for own, name in found.outputs.items())
    console.print(
        f"{found.path}: {loaded.name}, inputs {', '.join(found.inputs)}, outputs {names}", soft_wrap=True, markup=False
    )
    if found.difference is None:
        form = exporting.FORMATS[format]
        console.print(f"not checked: {form.runtime} is not installed; {form.install}", soft_wrap=True, markup=False)
    else:
        console.print(f"largest difference from Keras' own answers: {found.difference:.1e}")


def _model(name):
    """The model, and whether it came from a file."""
    import zoo
    from ave_keras.model_file import read_model

    if Path(name).suffix or len(Path(name).parts) > 1:
        return read_model(name, compile=False), True
    return zoo.load(name, compile=False), False


def _beside(model, form):
    """The file's own name, with the format's ending."""
    return Path(model).with_suffix(form.suffix or ".saved_model") if form else Path(model)
