"""`ave-keras import | export-torch`: weights from PyTorch and back."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ave_keras.errors import AVEError


def import_weights(
    file: Annotated[Path, typer.Argument(help="AV_att.pt, AV_att_weak.pt, DMRN.pt, or a state dict of their names.")],
    entry: Annotated[str, typer.Option(help="av_att, w_av_att or dmrn_late.")],
    out: Annotated[Path, typer.Option(help="The .keras file to write.")],
    protocol: Annotated[str, typer.Option(help="paper computes another function with the same weights.")] = "official",
    num_classes: Annotated[int, typer.Option(help="Columns, background included.")] = 29,
    segments: Annotated[int, typer.Option(help="Segments per video.")] = 10,
):
    """Turn weights of PyTorch into a Keras model that answers as the released code does. Nothing in the file is run.

    Example: ave-keras import AV_att.pt --entry av_att --out av_att.keras
    """
    import zoo
    from ave_keras import checkpoints

    if out.suffix != ".keras":
        raise AVEError("not a Keras file", key="--out", expected="a name that ends in .keras", found=out)
    if not checkpoints.is_checkpoint(file):
        raise AVEError(
            "not a file of weights", file=file, expected="a name that ends in .pt, .pth, .bin or .safetensors"
        )
    model = zoo.load(entry, weights=file, protocol=protocol, num_classes=num_classes, segments=segments)
    model.save(out)
    Console().print(f"{out}: {entry} with the weights of {file}, {model.count_params():,} parameters")


def export_torch(
    model: Annotated[Path, typer.Argument(help="A .keras file of av_att, w_av_att, dmrn_late, or a part of them.")],
    out: Annotated[Path, typer.Option(help="The state dict to write: .pt, .pth, .bin or .safetensors.")],
    like: Annotated[
        Path | None, typer.Option(help="The file it was imported from: unchanged weights come out bit by bit.")
    ] = None,
):
    """Write the weights of a model as a PyTorch state dict under the released names.

    Example: ave-keras export-torch av_att.keras --out AV_att.pt
    """
    from ave_keras import checkpoints
    from ave_keras.model_file import read_model

    origin = checkpoints.read(like) if like else None
    state = checkpoints.export_weights(read_model(model), origin)
    checkpoints.write(out, state)
    Console().print(f"{out}: {len(state)} arrays; in PyTorch: module.load_state_dict(torch.load({str(out)!r}))")
