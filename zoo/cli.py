"""`ave-keras list | card | train | evaluate`, beside the data commands and those of the other `cli_*` modules."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ave_keras.cli import app, run
from ave_keras.errors import AVEError
from zoo import registry
from zoo.cli_export import export
from zoo.cli_localize import localize
from zoo.cli_match import match
from zoo.cli_weights import export_torch, import_weights

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
            _papers(entry.paper),
        )
    if not table.row_count:
        raise AVEError("no entry matches", expected=f"one of {registry.names()}", found=f"{pattern!r}, family {family}")
    console.print(table)


def _papers(paper):
    """`72.7`, or `A2V 44.8, V2A 35.6`, or a dash."""
    both = ", ".join(f"{key.upper()} {paper[key]}" for key in ("a2v", "v2a") if key in paper)
    return both or str(paper.get("accuracy", "–"))


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
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of the weights and the order of the videos.")] = 0,
    weights: Annotated[
        Path | None, typer.Option(help="Start from this .keras, .weights.h5, .pt or .safetensors file.")
    ] = None,
    protocol: Annotated[
        str | None, typer.Option(help="paper, or official. [official with .pt or .safetensors weights, else paper]")
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Drop videos with NaN or Inf, and say which.")] = False,
    tensorboard: Annotated[bool, typer.Option(help="Write a TensorBoard log.")] = True,
    distribute: Annotated[
        bool, typer.Option("--distribute", help="Train on all GPUs of this machine; TensorFlow and JAX.")
    ] = False,
):
    """Train a model by its recipe; the epoch that is best on the validation split is kept.

    Example: ave-keras train av_att --data AVE_DIR --epochs 30
    """
    import keras

    import zoo
    from ave_keras.data import AVE
    from ave_keras.model_file import facts_of
    from zoo.callbacks import BestModel, TensorBoardLog
    from zoo.distribution import on_all_devices
    from zoo.loading import protocol_of
    from zoo.vectors import on_vectors

    given = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    recipe = {key: value for key, value in given.items() if value is not None}
    protocol = protocol or protocol_of(weights)
    entry = registry.entry(name, protocol).with_recipe(**recipe)
    ave = AVE.from_directory(data, skip_bad=skip_bad)
    for modality in entry.modalities:
        ave.features.rows(modality)  # Whose file is missing is told before a model is built.
    out = out or Path("runs") / name
    out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(seed)
    with on_all_devices() if distribute else contextlib.nullcontext(1) as devices:
        model = zoo.load(name, protocol=protocol, recipe=recipe, weights=weights, **ave.spec)
        facts = {"entry": entry.name, "protocol": protocol, **facts_of(ave)}
        learner, data_set = on_vectors(model, ave)
        best = BestModel(out / "model.keras", f"val_{entry.monitor}", facts, model)
        board = [TensorBoardLog(out / "tensorboard")] if tensorboard else []
        log = keras.callbacks.CSVLogger(out / "log.csv")
        size = f"{model.count_params():,} parameters, {entry.recipe.epochs} epochs"
        console.print(f"{entry.title} on {ave.title}: {size}" + (f", devices: {devices}" if distribute else ""))
        try:
            verbose = 1 if console.is_terminal else 2
            zoo.training.fit(entry, learner, data_set, seed=seed, callbacks=[best, log, *board], verbose=verbose)
        except KeyboardInterrupt:
            console.print("stopped by hand; what was best so far is kept")
        except OSError as error:
            raise AVEError(
                "cannot write what was learned",
                file=error.filename or out,
                found=error.strerror or error,
                fix="Make room, or choose another --out; a model.keras that is there is whole",
            ) from error
        finally:
            # Keras closes it at the end, which a training that was stopped or failed does not reach.
            if log.csv_file:
                log.csv_file.close()
    what = "exact matches" if entry.task == "matching" else "segments"
    console.print(f"best on validation: {100 * best.best:.1f} % of {what} → {best.path}")
    console.print(f"next: ave-keras evaluate {best.path} --data {data}")


@app.command()
def evaluate(
    model: Annotated[Path, typer.Argument(help="A .keras file, as `ave-keras train` writes it.")],
    data: Data,
    split: Annotated[str, typer.Option(help="train, val or test.")] = "test",
    batch_size: Annotated[int, typer.Option(help="Videos per step.")] = 64,
    plot: Annotated[
        Path | None, typer.Option(help="Draw confusion matrix and per-class accuracy to this PNG, PDF or SVG file.")
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Drop videos with NaN or Inf, and say which.")] = False,
):
    """Score a model on a split: overall and per class, beside the answers that need no model.

    Where the data set knows the source cells and the model attends, also how often it looks at the source. A model that
    matches sound and picture is scored on the queries of the split for cross-modality localization.

    Example: ave-keras evaluate runs/av_att/model.keras --data AVE_DIR --plot confusion.png
    """
    from ave_keras.data import AVE
    from zoo.evaluation import attention_scores, load_model, matches, score

    ave = AVE.from_directory(data, skip_bad=skip_bad)
    loaded = load_model(model, ave)
    if matches(loaded):
        if plot:
            raise AVEError("a model that matches has no classes to draw", key="--plot", file=model)
        _print_matching(loaded, model, ave, split)
        return
    result = score(loaded, ave, split, batch_size)
    table = Table("segments", "share of segments right, %", title=f"{model} on {ave.title}, {split} split")
    table.add_row("all", f"{100 * result.accuracy:.1f}")
    for reference, accuracy in result.references.items():
        table.add_row(f"  without a model: {reference}", f"{100 * accuracy:.1f}", style="dim")
    table.add_section()
    for label, (accuracy, count) in result.per_class.items():
        table.add_row(f"{label} ({count})", f"{100 * accuracy:.1f}")
    console.print(table)
    if looks := attention_scores(loaded, ave, split, batch_size):
        console.print(_attention_table(looks))
    if plot:
        from ave_keras.plots import evaluation_figure, save

        save(evaluation_figure(result.truth, result.predicted, result.class_names, table.title), plot)
        console.print(f"drawn: {plot}")


def _attention_table(looks):
    columns = {"pointing_game": "largest weight on the source", "attention_mass": "weight inside the source"}
    table = Table("", *columns.values(), title="Where attention looks, % over event segments")
    for name, found in {"the model": looks.metrics, **looks.references}.items():
        style = None if name == "the model" else "dim"
        table.add_row(name, *(f"{100 * found[key]:.1f}" for key in columns), style=style)
    return table


def _print_matching(loaded, path, ave, split):
    from zoo.matching import evaluate

    found = evaluate(loaded, ave, split)
    columns = {"": "exact match", "_iou": "mean IoU", "_within_1": "within ±1 s", "_inner": "exact, no border"}
    title = f"{path} on {ave.title}, {split}_match split, {len(found.asked.rows)} queries, %"
    table = Table("", *(f"{d.upper()} {name}" for name in columns.values() for d in ("a2v", "v2a")), title=title)
    for name, metrics in {"the model": found.metrics, **found.references}.items():
        keys = [f"{direction}{suffix}" for suffix in columns for direction in ("a2v", "v2a")]
        cells = [f"{100 * metrics[key]:.1f}" if key in metrics else "–" for key in keys]
        table.add_row(name, *cells, style=None if name == "the model" else "dim")
    console.print(table)


app.command()(localize)
app.command()(match)
app.command()(export)
app.command("import")(import_weights)
app.command("export-torch")(export_torch)


def main():
    """The command line."""
    run(app)
