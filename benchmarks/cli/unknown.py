"""`unknown`: how well a trained model detects events of classes that it has not learned."""

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.table import Table

from ave_keras import plots
from ave_keras.data import AVE
from ave_keras.errors import AVEError
from benchmarks.cli import options
from benchmarks.cli.executors import choose_backend
from benchmarks.grid.selection import parse_seeds
from benchmarks.results.files import check_folder, update_csv
from benchmarks.unknown.summary import Scored, summary
from zoo.cli.options import SkipBad
from zoo.cli.terminal import messages, wide_console

COLUMNS = {
    "held_out": "held out",
    "method": "by",
    "auroc": "AUROC",
    "fpr95": "FPR at 95 % TPR",
    "auroc_called": "AUROC of seconds called an event",
    "known_marked": "known seconds marked",
    "held_out_marked": "held-out seconds marked",
    "held_out_called_events": "held-out seconds called an event",
    "accuracy": "accuracy on known classes",
}


def unknown(
    data: Annotated[Path, typer.Option(help="Folder in the official AVE layout.")],
    hold_out: Annotated[
        list[str] | None,
        typer.Option(help="Classes to leave out, such as 'Bark,Cat'; repeatable. [default: every two in order]"),
    ] = None,
    entry: Annotated[str, typer.Option(help="The entry to train.")] = "av_att",
    seeds: options.Seeds = "1",
    epochs: Annotated[int | None, typer.Option(help="Number of epochs. [default: the recipe's]")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Videos per step. [default: the recipe's]")] = None,
    backend: options.Backend = None,
    publish_to: Annotated[Path | None, typer.Option("--publish", help="Also write the rows to this CSV file.")] = None,
    figure: Annotated[Path | None, typer.Option(help="Draw the ROC curves to this PNG, PDF or SVG file.")] = None,
    skip_bad: SkipBad = False,
):
    """Leave classes out of the training, and measure how well their events are detected.

    For each group of classes, an entry is trained without their videos, and keeps the best epoch on validation. The
    seconds with an event of the test split are then scored by each method of `ave-keras localize --unknown`. AUROC is
    the probability that a held-out second has the higher score; FPR is the share of held-out seconds that pass as known
    where 95 % of the known ones do. The model takes many held-out seconds for background, which is never marked: the
    second AUROC is that of the others. Intervals are bootstraps over the test videos.

    Example: python -m benchmarks unknown --data AVE_DIR --hold-out "Bark,Cat" --epochs 20 --seeds 2
    """
    os.environ["KERAS_BACKEND"] = choose_backend(backend)
    from benchmarks.unknown.measurement import measure

    for path in (publish_to, figure):
        check_folder(path)
    ave = AVE.from_directory(data, skip_bad=skip_bad)
    pairs = [ave.class_names[i : i + 2] for i in range(0, len(ave.class_names) - 1, 2)]
    groups = [parse_classes(text, ave.class_names) for text in hold_out] if hold_out else pairs
    recipe = {key: given for key, given in (("epochs", epochs), ("batch_size", batch_size)) if given is not None}
    runs: dict[str, dict[str, list[Scored]]] = {}
    numbers = parse_seeds(seeds)
    for names in groups:
        for seed in numbers:
            title = f"{entry} without {', '.join(names)}, seed {seed}"
            with messages.status(f"training {title}"):
                found = measure(entry, ave, names, seed, recipe)
            messages.print(f"trained {title}", markup=False, highlight=False)
            for method, scored in found.items():
                runs.setdefault(", ".join(names), {}).setdefault(method, []).append(scored)
    rows = summary(runs)
    title = f"{entry} on {ave.title}: events of classes left out"
    table = Table(*COLUMNS.values(), title=f"{title}, %")
    table.columns[1].no_wrap = True
    table.caption = f"seeds: {len(numbers)}; in brackets, 95 % intervals over the test videos, by bootstrap"
    for row in rows:
        table.add_row(*(_cell(row, key) for key in COLUMNS))
    wide_console().print(table)
    if publish_to:
        about = {"data": ave.title, "entry": entry}
        how = {"seeds": len(numbers), **_recipe(entry, recipe), "backend": os.environ["KERAS_BACKEND"]}
        how["date"] = date.today().isoformat()
        update_csv(publish_to, [{**about, **row, **how} for row in rows], ("data", "entry", "held_out", "method"))
    if figure:
        panels = {names: {method: _pairs(each) for method, each in found.items()} for names, found in runs.items()}
        plots.save(plots.roc_figure(panels, title), figure)


def parse_classes(text: str, class_names: Sequence[str]) -> list[str]:
    """Names of classes that are separated by commas; a name may contain commas itself.

    Raises:
        AVEError: A part is no class.
    """
    found, rest = [], text.strip()
    while rest:
        fitting = [name for name in class_names if rest == name or rest.startswith(f"{name},")]
        if not fitting:
            raise AVEError("unknown class", key="--hold-out", expected=f"some of {list(class_names)}", found=repr(rest))
        found.append(max(fitting, key=len))
        rest = rest[len(found[-1]) :].lstrip(", ")
    return found


def _recipe(entry, changes):
    import zoo

    recipe = zoo.entry(entry).with_recipe(**changes).recipe
    return {"epochs": recipe.epochs, "batch_size": recipe.batch_size}


def _pairs(scored):
    return [tuple(np.concatenate([*part.values()]) for part in (run.known, run.held_out)) for run in scored]


def _cell(row, key):
    if row[key] is None or isinstance(row[key], str):
        return row[key] or ""
    ends = [f"{100 * row[f'{key}_{end}']:.1f}" for end in ("low", "high") if f"{key}_{end}" in row]
    return f"{100 * row[key]:.1f}" + (f" ({' … '.join(ends)})" if ends else "")
