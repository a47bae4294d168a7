"""`ave-keras list | card | train | evaluate | import | export-torch`, beside the data commands of `ave_keras.cli`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ave_keras.cli import app, run
from ave_keras.errors import AVEError
from zoo import registry

console = Console()
Name = Annotated[str, typer.Argument(help="An entry of the zoo; `ave-keras list` names them all.")]
Data = Annotated[Path, typer.Option(help="Folder in the official AVE layout.")]
Protocol = Annotated[str, typer.Option(help="paper, or official: what the released code does differently.")]


@app.command("list")
def list_entries(
    pattern: Annotated[str, typer.Argument(help="A glob pattern, quoted: 'w_*'.")] = "*",
    family: Annotated[str | None, typer.Option(help="Only this family.")] = None,
):
    """List the models of the zoo with the paper's figures.

    Example: ave-keras list 'w_*'
    """
    table = Table("entry", "paper", "task", "inputs", "parameters", "paper's %")
    for name in registry.names(pattern, family):
        entry = registry.entry(name)
        table.add_row(
            name,
            entry.title,
            entry.task,
            " + ".join(entry.modalities),
            f"{entry.parameters:,}",
            str(entry.paper.get("accuracy", "–")),
        )
    if not table.row_count:
        raise AVEError("no entry matches", expected=f"one of {registry.names()}", found=f"{pattern!r}, family {family}")
    console.print(table)


@app.command()
def card(name: Name, protocol: Protocol = "paper"):
    """Print what an entry is: its parts, size, recipe, the paper's figures and measured ones.

    Example: ave-keras card av_att
    """
    from zoo.card import card as print_card

    print_card(name, protocol)


@app.command()
def train(
    name: Name,
    data: Data,
    out: Annotated[
        Path | None, typer.Option(help="Folder for model.keras, log.csv and tensorboard/. [runs/NAME]")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Instead of the recipe's.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Instead of the recipe's.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Instead of the recipe's.")] = None,
    seed: Annotated[int, typer.Option(help="Of the weights and the order of the videos.")] = 0,
    weights: Annotated[
        Path | None, typer.Option(help="Start from this .keras, .weights.h5, .pt or .safetensors file.")
    ] = None,
    protocol: Annotated[
        str | None, typer.Option(help="paper, or official. [official with .pt or .safetensors weights, else paper]")
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Drop videos with NaN or Inf, and say which.")] = False,
    tensorboard: Annotated[bool, typer.Option(help="Write a TensorBoard log.")] = True,
):
    """Train a model by its recipe; the epoch that is best on the validation split is kept.

    Example: ave-keras train av_att --data AVE_DIR --epochs 30
    """
    import keras

    import zoo
    from ave_keras.data import AVE
    from zoo.callbacks import BestModel, TensorBoardLog
    from zoo.loading import protocol_of

    given = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    recipe = {key: value for key, value in given.items() if value is not None}
    protocol = protocol or protocol_of(weights)
    entry = registry.entry(name, protocol).with_recipe(**recipe)
    ave = AVE.from_directory(data, skip_bad=skip_bad)
    out = out or Path("runs") / name
    out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(seed)
    model = zoo.load(name, protocol=protocol, recipe=recipe, weights=weights, **ave.spec)
    best = BestModel(out / "model.keras", f"val_{entry.monitor}")
    logs = [keras.callbacks.CSVLogger(out / "log.csv"), *([TensorBoardLog(out / "tensorboard")] if tensorboard else [])]
    console.print(f"{entry.title} on {ave.title}: {model.count_params():,} parameters, {entry.recipe.epochs} epochs")
    try:
        zoo.training.fit(entry, model, ave, seed=seed, callbacks=[best, *logs], verbose=1 if console.is_terminal else 2)
    except KeyboardInterrupt:
        console.print("stopped by hand; what was best so far is kept")
    console.print(f"best on validation: {100 * best.best:.1f} % of segments → {best.path}")
    console.print(f"next: ave-keras evaluate {best.path} --data {data}")


@app.command()
def evaluate(
    model: Annotated[Path, typer.Argument(help="A .keras file, as `ave-keras train` writes it.")],
    data: Data,
    split: Annotated[str, typer.Option(help="train, val or test.")] = "test",
    batch_size: Annotated[int, typer.Option(help="Videos per step.")] = 64,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Drop videos with NaN or Inf, and say which.")] = False,
):
    """Score a model on a split: overall and per class, beside the answers that need no model.

    Example: ave-keras evaluate runs/av_att/model.keras --data AVE_DIR
    """
    from ave_keras.data import AVE
    from zoo.evaluation import load_model, score

    ave = AVE.from_directory(data, skip_bad=skip_bad)
    result = score(load_model(model, ave), ave, split, batch_size)
    table = Table("segments", "share of segments right, %", title=f"{model} on {ave.title}, {split} split")
    table.add_row("all", f"{100 * result.accuracy:.1f}")
    for reference, accuracy in result.references.items():
        table.add_row(f"  without a model: {reference}", f"{100 * accuracy:.1f}", style="dim")
    table.add_section()
    for label, (accuracy, count) in result.per_class.items():
        table.add_row(f"{label} ({count})", f"{100 * accuracy:.1f}")
    console.print(table)


@app.command("import")
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
    console.print(f"{out}: {entry} with the weights of {file}, {model.count_params():,} parameters")


@app.command("export-torch")
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
    from zoo.evaluation import read_model

    origin = checkpoints.read(like) if like else None
    state = checkpoints.export_weights(read_model(model), origin)
    checkpoints.write(out, state)
    console.print(f"{out}: {len(state)} arrays; in PyTorch: module.load_state_dict(torch.load({str(out)!r}))")


def main():
    """The command line."""
    run(app)
