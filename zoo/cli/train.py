"""`ave-keras train`: a model by its recipe."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

import zoo
from ave_keras import data as ave_data
from ave_keras.errors import AVEError
from zoo import registry
from zoo.cli.options import Data, Name, SkipBad
from zoo.cli.terminal import console


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
    skip_bad: SkipBad = False,
    tensorboard: Annotated[bool, typer.Option(help="Write a TensorBoard log.")] = True,
    distribute: Annotated[
        bool, typer.Option("--distribute", help="Train on all GPUs of this machine; TensorFlow and JAX.")
    ] = False,
) -> None:
    """Train a model by its recipe; the epoch that is best on the validation split is kept.

    Example: ave-keras train av_att --data AVE_DIR --epochs 30
    """
    import keras

    from zoo.loading import protocol_of
    from zoo.training.callbacks import BestModel, TensorBoardLog
    from zoo.training.distribution import on_all_devices
    from zoo.training.metadata import training_metadata
    from zoo.training.vectors import on_vectors

    given = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    recipe = {key: value for key, value in given.items() if value is not None}
    protocol = protocol or protocol_of(weights)
    entry = registry.entry(name, protocol).with_recipe(**recipe)
    ave = ave_data.AVE.from_directory(data, skip_bad=skip_bad)
    for modality in entry.modalities:
        ave.features.rows(modality)  # Whose file is missing is told before a model is built.
    out = out or Path("runs") / name
    out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(seed)
    with on_all_devices() if distribute else contextlib.nullcontext(1) as devices:
        model = zoo.load(name, protocol=protocol, recipe=recipe, weights=weights, **ave.spec)
        metadata = {"entry": entry.name, "protocol": protocol, **training_metadata(ave)}
        learner, data_set = on_vectors(model, ave)
        best = BestModel(out / "model.keras", f"val_{entry.monitor}", metadata, model)
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
