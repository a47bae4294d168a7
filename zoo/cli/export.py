"""`ave-keras export | import | export-torch`: models and weights for other software, and back."""

from pathlib import Path
from typing import Annotated

import typer

import zoo
from ave_keras import checkpoints, exporting
from ave_keras.errors import AVEError
from zoo.cli.terminal import console


def export(
    model: Annotated[str, typer.Argument(help="A .keras file, or the name of an entry to try it with random weights.")],
    format: Annotated[str, typer.Option(help="onnx, saved_model, litert or openvino.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Output file (.onnx, .tflite, .xml), or folder for saved_model. [default: next to MODEL]"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Export a model for another runtime, run it there, and compare its outputs with those of Keras.

    TensorFlow converts in a separate process, whichever backend is in use: `pip install
    "ave-keras[tensorflow,export]"`. saved_model and litert need nothing else; onnx needs tf2onnx, and onnxruntime for
    the comparison (both in `export`); openvino needs the extra `openvino`. The batch size stays variable; the file
    computes in float32. A difference above 1e-4 is an error; without the runtime, the file is written but not compared.

    Examples:

    ave-keras export runs/av_att/model.keras --format onnx --out av_att.onnx

    ave-keras export av_att --format litert
    """
    loaded, trained = _model(model)
    out = out or _beside(model, exporting.FORMATS.get(format))
    found = exporting.export(loaded, out, format, overwrite)
    if not trained:
        console.print(f"{model} has random weights; pass a .keras file to export a trained model", soft_wrap=True)
    if not found.float32:
        console.print("the file computes in float32 and was compared in float32; the model uses a lower precision")
    names = ", ".join(name if name == own else f"{name} ({own} in Keras)" for own, name in found.outputs.items())
    console.print(
        f"{found.path}: {loaded.name}, inputs {', '.join(found.inputs)}, outputs {names}", soft_wrap=True, markup=False
    )
    if found.difference is None:
        form = exporting.FORMATS[format]
        console.print(f"not compared: {form.runtime} is not installed; {form.install}", soft_wrap=True, markup=False)
    else:
        console.print(f"largest difference from the outputs of Keras: {found.difference:.1e}")


def import_weights(
    file: Annotated[Path, typer.Argument(help="AV_att.pt, DMRN.pt, PSP_fully.pt and the like, or a state dict.")],
    entry: Annotated[str, typer.Option(help="Their entry: av_att, w_av_att, dmrn_late, psp, cmbs and so on.")],
    out: Annotated[Path, typer.Option(help="Output .keras file.")],
    protocol: Annotated[
        str, typer.Option(help="official; paper computes something else with the same weights.")
    ] = "official",
    num_classes: Annotated[int, typer.Option(help="Number of columns, including background.")] = 29,
    segments: Annotated[int, typer.Option(help="Segments per video.")] = 10,
) -> None:
    """Turn PyTorch weights into a Keras model that computes what the released code does. No code in the file is run.

    Example: ave-keras import AV_att.pt --entry av_att --out av_att.keras
    """
    if out.suffix != ".keras":
        raise AVEError("not a Keras file", key="--out", expected="a name that ends in .keras", found=out)
    if not checkpoints.is_checkpoint(file):
        expected = "a name that ends in .pt, .pth, .pth.tar, .bin or .safetensors"
        raise AVEError("not a weights file", file=file, expected=expected)
    model = zoo.load(entry, weights=file, protocol=protocol, num_classes=num_classes, segments=segments)
    model.save(out)
    console.print(f"{out}: {entry} with the weights of {file}, {model.count_params():,} parameters")


def export_torch(
    model: Annotated[Path, typer.Argument(help="A .keras file of av_att, w_av_att, dmrn_late, psp, cmbs and so on.")],
    out: Annotated[Path, typer.Option(help="Output state dict (.pt, .pth, .bin or .safetensors).")],
    like: Annotated[
        Path | None,
        typer.Option(help="The file it was imported from; unchanged weights are then identical bit by bit."),
    ] = None,
) -> None:
    """Export the weights of a model as a PyTorch state dict with the released names.

    Example: ave-keras export-torch av_att.keras --out AV_att.pt
    """
    from ave_keras.models.files import read_model

    origin = checkpoints.read(like) if like else None
    state = checkpoints.export_weights(read_model(model), origin)
    checkpoints.write(out, state)
    console.print(f"{out}: {len(state)} arrays; in PyTorch: module.load_state_dict(torch.load({str(out)!r}))")


def _model(name):
    """The model, and whether it was read from a file."""
    from ave_keras.models.files import read_model

    if Path(name).suffix or len(Path(name).parts) > 1:
        return read_model(name, compile=False), True
    return zoo.load(name, compile=False), False


def _beside(model, form):
    """The model's name with the suffix of the format."""
    return Path(model).with_suffix(form.suffix or ".saved_model") if form else Path(model)
