"""`ave-keras export | import | export-torch`: models and weights for other software, and from it."""

from pathlib import Path
from typing import Annotated

import typer

import zoo
from ave_keras import checkpoints, exporting
from ave_keras.errors import AVEError
from zoo.cli.terminal import console


def export(
    model: Annotated[str, typer.Argument(help="A .keras file, or an entry's name: random weights, to try it out.")],
    format: Annotated[str, typer.Option(help="onnx, saved_model, litert or openvino.")],
    out: Annotated[
        Path | None, typer.Option(help="File to write: .onnx, .tflite or .xml; a folder for saved_model. [by MODEL]")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
) -> None:
    """Write a model for another runtime, run it there, and say how far its answers are from Keras' own.

    TensorFlow does the conversion, in a process of its own, whichever backend is in use: `pip install
    "ave-keras[tensorflow,export]"`. saved_model and litert need no more than it; onnx needs tf2onnx, and onnxruntime to
    be run (both in `export`); openvino is the extra `openvino`. The batch size stays open; the file computes in
    float32. Answers that differ by more than 1e-4 are refused; without the runtime the file is written, not checked.

    Examples:

    ave-keras export runs/av_att/model.keras --format onnx --out av_att.onnx

    ave-keras export av_att --format litert
    """
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


def import_weights(
    file: Annotated[Path, typer.Argument(help="AV_att.pt, AV_att_weak.pt, DMRN.pt, or a state dict of their names.")],
    entry: Annotated[str, typer.Option(help="av_att, w_av_att or dmrn_late.")],
    out: Annotated[Path, typer.Option(help="The .keras file to write.")],
    protocol: Annotated[str, typer.Option(help="paper computes another function with the same weights.")] = "official",
    num_classes: Annotated[int, typer.Option(help="Columns, background included.")] = 29,
    segments: Annotated[int, typer.Option(help="Segments per video.")] = 10,
) -> None:
    """Turn weights of PyTorch into a Keras model that answers as the released code does. Nothing in the file is run.

    Example: ave-keras import AV_att.pt --entry av_att --out av_att.keras
    """
    if out.suffix != ".keras":
        raise AVEError("not a Keras file", key="--out", expected="a name that ends in .keras", found=out)
    if not checkpoints.is_checkpoint(file):
        raise AVEError(
            "not a file of weights", file=file, expected="a name that ends in .pt, .pth, .bin or .safetensors"
        )
    model = zoo.load(entry, weights=file, protocol=protocol, num_classes=num_classes, segments=segments)
    model.save(out)
    console.print(f"{out}: {entry} with the weights of {file}, {model.count_params():,} parameters")


def export_torch(
    model: Annotated[Path, typer.Argument(help="A .keras file of av_att, w_av_att, dmrn_late, or a part of them.")],
    out: Annotated[Path, typer.Option(help="The state dict to write: .pt, .pth, .bin or .safetensors.")],
    like: Annotated[
        Path | None, typer.Option(help="The file it was imported from: unchanged weights come out bit by bit.")
    ] = None,
) -> None:
    """Write the weights of a model as a PyTorch state dict under the released names.

    Example: ave-keras export-torch av_att.keras --out AV_att.pt
    """
    from ave_keras.models.files import read_model

    origin = checkpoints.read(like) if like else None
    state = checkpoints.export_weights(read_model(model), origin)
    checkpoints.write(out, state)
    console.print(f"{out}: {len(state)} arrays; in PyTorch: module.load_state_dict(torch.load({str(out)!r}))")


def _model(name):
    """The model, and whether it came from a file."""
    from ave_keras.models.files import read_model

    if Path(name).suffix or len(Path(name).parts) > 1:
        return read_model(name, compile=False), True
    return zoo.load(name, compile=False), False


def _beside(model, form):
    """The file's own name, with the format's ending."""
    return Path(model).with_suffix(form.suffix or ".saved_model") if form else Path(model)
