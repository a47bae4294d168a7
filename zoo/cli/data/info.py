"""`ave-keras data info`: the statistics of a data set."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ave_keras import data as ave_data
from ave_keras import plots
from ave_keras.errors import AVEError
from zoo.cli.data.options import Folder
from zoo.cli.terminal import console, progress


def info(
    folder: Folder,
    plot: Annotated[Path | None, typer.Option(help="Also plot the statistics to this PNG, PDF or SVG file.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Also read all features and check them for NaN and Inf.")
    ] = False,
) -> None:
    """Print the statistics of a data set: classes, event lengths, splits, duplicates, leaks, trivial references.

    Example: `ave-keras data info AVE_DIR --plot ave.png`
    """
    from ave_keras.data.statistics import statistics

    ave = ave_data.AVE.from_directory(folder)
    found = statistics(ave)
    for table in _tables(ave, found):
        console.print(table)
    if check:
        _check(ave)
    if plot:
        plots.save(plots.statistics_figure(found), plot)
        console.print(f"plot: {plot}")


def _check(ave):
    present = list(ave.features.main)
    if not present:
        raise AVEError("no features to check", file=ave.folder)
    rows = range(len(ave.annotations) + ave.features.clips)
    with progress() as bars:
        task = bars.add_task("features", total=len(rows) * len(present))
        bad = ave.check(rows, present, lambda n: bars.advance(task, n))
    for row, file in bad:
        console.print(f"row {row} of {file}: NaN or Inf", style="red")
    console.print(f"checked: {len(bad)} bad rows")


def _tables(ave, found):
    """Tables of an `AVE` and its `Statistics`: overview, splits, classes, event lengths."""
    return _overview(ave, found), _splits(found), _classes(found), _lengths(found)


def _overview(ave, found):
    table = Table(title=found.title, show_header=False)
    repeated = found.videos - found.ids
    table.add_row("videos", f"{found.videos}" + (f", of {found.ids} distinct ids" if repeated else ""))
    table.add_row("event classes", f"{len(found.per_class)}, of {_range(found.per_class.values())} videos")
    table.add_row("events that fill the clip", f"{100 * found.full_length:.1f} % of the videos")
    if found.empty_events:
        table.add_row("events without a segment", "row " + ", ".join(map(str, found.empty_events)))
    for split, rows in found.leaks.items():
        if rows:
            table.add_row(f"{split} videos that are in train", f"{rows}")
    table.add_row("background clips", f"{found.background_clips}")
    for modality in ("audio", "visual"):
        table.add_row(f"{modality} features", ave.features.describe(modality))
    table.add_row("source cells", "known" if ave.source_mask is not None else "not known")
    return table


def _splits(found):
    table = Table("split", "videos", "background %", "always background %", "true video class %", title="Splits")
    for split, rows in found.splits.items():
        trivial = [f"{100 * share:.1f}" for share in found.references.get(split, {}).values()] or ["–", "–"]
        table.add_row(split, f"{rows}", f"{100 * found.background[split]:.1f}", *trivial)
    table.caption = "The last two columns: segments right without a model"
    return table


def _classes(found):
    table = Table("column", "class", "videos", title="Videos per class")
    for column, (name, videos) in enumerate(found.per_class.items()):
        table.add_row(f"{column}", name, f"{videos}")
    table.add_row(f"{len(found.per_class)}", "background", "", style="dim")
    return table


def _lengths(found):
    table = Table("segments", "videos", "%", title="Event lengths")
    for length, videos in found.lengths.items():
        table.add_row(f"{length}", f"{videos}", f"{100 * videos / found.videos:.1f}")
    return table


def _range(counts):
    return f"{min(counts)} to {max(counts)}"
