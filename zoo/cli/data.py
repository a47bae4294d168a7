"""`ave-keras data info | pack | synth`: inspect a data set, pack it, or generate one."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ave_keras import data as ave_data
from ave_keras import plots
from ave_keras.errors import AVEError
from zoo.cli.terminal import console, progress

app = typer.Typer(help="Data sets in the official AVE layout.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="Folder in the official AVE layout (Annotations.txt, train_order.h5, …).")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing data set.")]


@app.command()
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


@app.command()
def pack(
    folder: Folder,
    out: Annotated[Path, typer.Option(help="Output folder.")],
    force: Force = False,
) -> None:
    """Convert features to contiguous float16, a quarter of the released size, so that they fit into the file cache.

    Refuses NaN, Inf and values beyond float16's range. Copies the other files of the layout.

    Example: `ave-keras data pack AVE_DIR --out AVE_PACKED`
    """
    from ave_keras.data.storage.pack import pack as rewrite

    with progress() as bars:
        tasks = []
        before, after = rewrite(
            folder,
            out,
            force=force,
            start=lambda name, rows: tasks.append(bars.add_task(name, total=rows)),
            advance=lambda rows: bars.advance(tasks[-1], rows),
        )
    console.print(f"{out}: features of {before / 1e6:,.1f} MB in {after / 1e6:,.1f} MB")


@app.command()
def synth(
    folder: Annotated[Path, typer.Argument(help="Output folder.")],
    videos: Annotated[int, typer.Option(help="Number of videos; AVE has 4143.")] = 560,
    classes: Annotated[int, typer.Option(help="Number of event classes.")] = 28,
    segments: Annotated[int, typer.Option(help="Segments per video.")] = 10,
    audio_dim: Annotated[int, typer.Option(help="Size of an audio feature.")] = 128,
    visual_shape: Annotated[str, typer.Option(help="Size of a visual feature as height×width×depth.")] = "7x7x512",
    background_videos: Annotated[
        int | None, typer.Option(help="Number of clips without an event. [default: the same share as AVE]")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives the same data set.")] = 0,
    force: Force = False,
) -> None:
    """Generate a synthetic AVE in the official layout, with known time and place of every event.

    Takes 0.5 MB per video at the default sizes. Tables made from it say "synthetic AVE" in their title.

    Example: `ave-keras data synth SYNTH_DIR --videos 1000 --seed 1`
    """
    from ave_keras.data.synthetic import SyntheticAVE

    made = SyntheticAVE(
        videos,
        classes=classes,
        segments=segments,
        audio_dim=audio_dim,
        visual_shape=_shape(visual_shape),
        background_videos=background_videos,
        seed=seed,
    )
    with progress() as bars:
        task = bars.add_task("videos", total=made.videos + made.background_videos)
        made.write(folder, force=force, advance=lambda rows: bars.advance(task, rows))
    console.print(f"{folder}: {made.videos} videos, {made.background_videos} background clips")
    console.print(f"next: ave-keras data info {folder}")


def _shape(text):
    try:
        height, width, depth = map(int, text.replace("×", "x").split("x"))
    except ValueError:
        raise AVEError("invalid size", key="--visual-shape", expected="like 7x7x512", found=repr(text)) from None
    return height, width, depth


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
