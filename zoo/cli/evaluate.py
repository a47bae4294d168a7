"""`ave-keras evaluate`: score a trained model on a split."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from ave_keras import data as ave_data
from ave_keras import plots
from ave_keras.errors import AVEError
from zoo.cli.options import Data, SkipBad
from zoo.cli.terminal import console

if TYPE_CHECKING:
    import keras

    from ave_keras.metrics.calibration import Reliability
    from zoo.evaluation.attention import AttentionScore
    from zoo.evaluation.segments import Score


def evaluate(
    model: Annotated[
        str,
        typer.Argument(help="A .keras file written by `ave-keras train`, a published folder, hf://USER/NAME or a tag."),
    ],
    data: Data,
    split: Annotated[str, typer.Option(help="train, val or test.")] = "test",
    batch_size: Annotated[int, typer.Option(help="Videos per step.")] = 64,
    plot: Annotated[
        Path | None, typer.Option(help="Plot confusion matrix and per-class accuracy to this PNG, PDF or SVG file.")
    ] = None,
    plot_seconds: Annotated[
        Path | None, typer.Option(help="Plot the fused features of the seconds in two dimensions to such a file.")
    ] = None,
    method: Annotated[str, typer.Option(help="How to get two dimensions: pca, or tsne, which is slower.")] = "pca",
    plot_calibration: Annotated[
        Path | None,
        typer.Option(help="Plot accuracy over confidence, before and after the model's temperature, to such a file."),
    ] = None,
    store: Annotated[
        bool, typer.Option("--store", help="Keep the score of the test split beside the model, for `publish`.")
    ] = False,
    skip_bad: SkipBad = False,
) -> None:
    """Score a model on a split, overall and per class, beside trivial references.

    If the data set contains the source cells and the model has attention, its attention is scored, too. A model that
    matches sound and picture is scored on the queries of the split for cross-modality localization.

    Example: ave-keras evaluate runs/av_att/model.keras --data AVE_DIR --plot confusion.png
    """
    from ave_keras.localization.unknown import stored_temperature
    from ave_keras.models.files import read_metadata
    from zoo.evaluation.model import load_model, matches
    from zoo.sharing import scores
    from zoo.weights import model_file

    if store and (split != "test" or not Path(model).is_file()):
        expected = "the test split, and a .keras file of your own"
        raise AVEError("this score cannot be stored", key="--store", expected=expected, found=f"{split}, {model}")
    ave = ave_data.AVE.from_directory(data, skip_bad=skip_bad)
    file = model_file(model)
    loaded = load_model(file, ave)
    if matches(loaded):
        asked = {"--plot": plot, "--plot-seconds": plot_seconds, "--plot-calibration": plot_calibration}
        if key := next((key for key, path in asked.items() if path), None):
            raise AVEError("a model that matches sound and picture has no classes to plot", key=key, file=model)
        found = _print_matching(loaded, model, ave, split)
        if store:
            console.print(f"stored: {scores.store(scores.record(found, ave), file)}")
        return
    title = f"{model} on {ave.title}, {split} split"
    result, _ = print_scores(loaded, ave, split, title, batch_size)
    runs = print_calibration(result, stored_temperature(read_metadata(file), file))
    if plot_calibration:
        plots.save(plots.reliability_figure(runs, title), plot_calibration)
        console.print(f"plot: {plot_calibration}")
    if plot:
        plots.save(plots.evaluation_figure(result.truth, result.predicted, result.class_names, title), plot)
        console.print(f"plot: {plot}")
    if plot_seconds:
        from ave_keras.localization.features import second_features

        inputs = tuple(symbol.name for symbol in loaded.inputs)
        features = second_features(loaded, ave.dataset(split, modalities=inputs, batch_size=batch_size))
        figure = plots.embedding_figure(features, result.truth, result.class_names, method=method, title=title)
        plots.save(figure, plot_seconds)
        console.print(f"plot: {plot_seconds}")
    if store:
        console.print(f"stored: {scores.store(scores.record(result, ave), file)}")


def print_scores(
    model: keras.Model, ave: ave_data.AVE, split: str, title: str, batch_size: int = 64
) -> tuple[Score, AttentionScore | None]:
    """Scores the segments of a split, and attention where it can be, prints both as tables and returns them."""
    from zoo.evaluation.attention import attention_scores
    from zoo.evaluation.segments import score

    result = score(model, ave, split, batch_size)
    table = Table("segments", "share of segments right, %", title=title)
    low, high = result.interval
    table.add_row("all", f"{100 * result.accuracy:.1f} ({100 * low:.1f} … {100 * high:.1f})")
    for reference, accuracy in result.references.items():
        table.add_row(f"  without a model: {reference}", f"{100 * accuracy:.1f}", style="dim")
    table.add_section()
    for label, (accuracy, count) in result.per_class.items():
        table.add_row(escape(f"{label} ({count})"), f"{100 * accuracy:.1f}")
    table.caption = f"in brackets: 95 % interval over the {len(result.truth)} videos, by bootstrap, for this training"
    console.print(table)
    attention = attention_scores(model, ave, split, batch_size)
    if attention:
        console.print(_attention_table(attention))
    return result, attention


def print_calibration(result: Score, temperature: float | None) -> dict[str, Reliability]:
    """Prints how far the confidences can be believed, with the temperature, too, and returns `{name: Reliability}`."""
    from ave_keras import metrics

    found = {"without temperature": result.probabilities}
    if temperature:
        found[f"with temperature {temperature:.2f}"] = metrics.with_temperature(result.probabilities, temperature)
    runs = {name: metrics.reliability(result.truth, probabilities) for name, probabilities in found.items()}
    table = Table("confidences", "calibration error, %", "negative log-likelihood")
    for name, probabilities in found.items():
        likelihood = metrics.negative_log_likelihood(result.truth, probabilities)
        table.add_row(name, f"{100 * runs[name].error:.1f}", f"{likelihood:.3f}")
    table.caption = "expected difference of confidence and accuracy, in 15 bins"
    console.print(table)
    return runs


def _attention_table(scores):
    columns = {"pointing_game": "largest weight on the source", "attention_mass": "weight inside the source"}
    table = Table("", *columns.values(), title="Where attention looks, % over event segments")
    for name, found in {"the model": scores.metrics, **scores.references}.items():
        style = None if name == "the model" else "dim"
        table.add_row(name, *(f"{100 * found[key]:.1f}" for key in columns), style=style)
    return table


def _print_matching(loaded, path, ave, split):
    from zoo.evaluation.matching import evaluate as evaluate_matching

    found = evaluate_matching(loaded, ave, split)
    columns = {"": "exact match", "_iou": "mean IoU", "_within_1": "within ±1 s", "_inner": "exact, no border"}
    title = f"{path} on {ave.title}, {split}_match split, {len(found.queries.rows)} queries, %"
    table = Table("", *(f"{d.upper()} {name}" for name in columns.values() for d in ("a2v", "v2a")), title=title)
    for name, metrics in {"the model": found.metrics, **found.references}.items():
        keys = [f"{direction}{suffix}" for suffix in columns for direction in ("a2v", "v2a")]
        cells = [f"{100 * metrics[key]:.1f}" if key in metrics else "–" for key in keys]
        table.add_row(name, *cells, style=None if name == "the model" else "dim")
    console.print(table)
    return found
