"""`ave-keras train` and `calibrate`: train an entry by its recipe, and fit the temperature of its confidences."""

import contextlib
import csv
from pathlib import Path
from typing import Annotated, Any

import typer

import zoo
from ave_keras import data as ave_data
from ave_keras import plots
from ave_keras.data.targets import check_class_weight
from ave_keras.errors import AVEError
from zoo import registry
from zoo.cli.options import ClassWeight, Data, Name, SkipBad, class_weight_option
from zoo.cli.terminal import console


def train(
    name: Name,
    data: Data,
    out: Annotated[
        Path | None,
        typer.Option(help="Output folder for model.keras, log.csv, curves.png and tensorboard/. [default: runs/NAME]"),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Number of epochs. [default: the recipe's]")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Videos per step. [default: the recipe's]")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Learning rate. [default: the recipe's]")] = None,
    class_weight: ClassWeight = None,
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="Seed of the weights and the order of the videos.")
    ] = 0,
    weights: Annotated[
        str | None,
        typer.Option(
            help="Start from the weights in this .keras, .weights.h5, .pt or .safetensors file, published folder, "
            "hf://USER/NAME or tag."
        ),
    ] = None,
    init_from: Annotated[
        str | None,
        typer.Option(help="Likewise, of any entry and for other classes: take the layers that have the same shapes."),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(help="paper or official. [default: official with .pt or .safetensors weights, else paper]"),
    ] = None,
    skip_bad: SkipBad = False,
    tensorboard: Annotated[bool, typer.Option(help="Write a TensorBoard log.")] = True,
    distribute: Annotated[
        bool, typer.Option("--distribute", help="Train on all GPUs of this machine (TensorFlow and JAX).")
    ] = False,
) -> None:
    """Train an entry by its recipe, and keep the epoch with the best validation score.

    Afterwards, what `ave-keras calibrate` fits is stored in the model's file.

    Example: ave-keras train av_att --data AVE_DIR --epochs 30
    """
    import keras

    from zoo.loading import protocol_of
    from zoo.training.callbacks import BestModel, TensorBoardLog
    from zoo.training.distribution import on_all_devices
    from zoo.training.metadata import run_metadata
    from zoo.training.vectors import on_vectors
    from zoo.weights import pinned, public_name

    given: dict[str, Any] = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    given["class_weight"] = class_weight_option(class_weight)
    recipe = {key: value for key, value in given.items() if value is not None}
    weights, init_from = pinned(weights), pinned(init_from)
    protocol = protocol or protocol_of(weights, init_from)
    entry = registry.entry(name, protocol).with_recipe(**recipe)
    ave = ave_data.AVE.from_directory(data, skip_bad=skip_bad)
    for modality in entry.modalities:
        ave.features.rows(modality)  # Report a missing file before building a model.
    check_class_weight(entry.recipe.class_weight, (*ave.class_names, "Background"))
    out = out or Path("runs") / name
    keras.utils.set_random_seed(seed)
    with on_all_devices() if distribute else contextlib.nullcontext(1) as devices:
        model = zoo.load(name, protocol=protocol, recipe=recipe, weights=weights, init_from=init_from, **ave.spec)
        out.mkdir(parents=True, exist_ok=True)
        metadata = run_metadata(entry, ave, seed, started_from=public_name(weights or init_from))
        learner, data_set = on_vectors(model, ave)
        best = BestModel(out / "model.keras", f"val_{entry.monitor}", metadata, model)
        board = [TensorBoardLog(out / "tensorboard")] if tensorboard else []
        log = keras.callbacks.CSVLogger(out / "log.csv")
        size = f"{model.count_params():,} parameters, {entry.recipe.epochs} epoch{'s' * (entry.recipe.epochs != 1)}"
        console.print(f"{entry.title} on {ave.title}: {size}" + (f", devices: {devices}" if distribute else ""))
        try:
            verbose = 1 if console.is_terminal else 2
            zoo.training.fit(entry, learner, data_set, seed=seed, callbacks=[best, log, *board], verbose=verbose)
        except KeyboardInterrupt:
            console.print("interrupted; the best model so far is kept")
        except OSError as error:
            raise AVEError(
                "cannot write the trained model",
                file=error.filename or out,
                found=error.strerror or error,
                fix="Free some space, or choose another --out; an existing model.keras is complete",
            ) from error
        finally:
            # Keras closes it only at the end of a complete training.
            if log.csv_file:
                log.csv_file.close()
    draw_curves(log.filename, f"{entry.title} on {ave.title}")
    what = "exact matches" if entry.task == "matching" else "segments"
    console.print(f"best on validation: {100 * best.best:.1f} % of {what} → {best.path}")
    if entry.task != "matching" and best.best > float("-inf"):
        _calibrate(best.path, ave)
    console.print(f"next: ave-keras evaluate {best.path} --data {data}")


def calibrate(
    model: Annotated[Path, typer.Argument(help="A .keras file of your own, which is changed.")],
    data: Annotated[Path, typer.Option(help="Folder of the data set that the model was trained on.")],
    batch_size: Annotated[int, typer.Option(help="Videos per step.")] = 64,
    skip_bad: SkipBad = False,
) -> None:
    """Fit the temperature of a model's confidences to the validation split, and store it in the model's file.

    Stores what `ave-keras localize --unknown` needs, too. `ave-keras train` does this already. The weights, and which
    class is the most probable, do not change.

    Example: ave-keras calibrate model.keras --data AVE_DIR
    """
    _calibrate(model, ave_data.AVE.from_directory(data, skip_bad=skip_bad), batch_size)


def _calibrate(model, ave, batch_size=64):
    from zoo.training.uncertainty import calibrate as fit

    found = fit(model, ave, batch_size)
    if found.temperature:
        before, after = (f"{100 * error:.1f}" for error in found.errors)
        console.print(f"temperature {found.temperature:.2f}: calibration error on validation {before} → {after} %")
    for note in found.notes:
        console.print(note, style="dim", markup=False)


def draw_curves(log: str | Path, title: str) -> None:
    """Draws the log that Keras has written as `curves.png` beside it, if an epoch is complete."""
    with Path(log).open(encoding="utf-8", newline="") as file:
        epochs = list(csv.DictReader(file))
    if epochs:
        history = {key: [epoch[key] for epoch in epochs] for key in epochs[0]}
        plots.save(plots.curves_figure({title: history}, title), Path(log).with_name("curves.png"))
