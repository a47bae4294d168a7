"""`ave-keras data … | extract`: look at a data set, pack it, make one. The zoo adds its own commands to `app`."""

import os
import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ave_keras.cli_extract import extract
from ave_keras.errors import AVEError

app = typer.Typer(
    help="Audio-visual event localization in Keras.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)
data = typer.Typer(help="Data sets in the official AVE layout.", no_args_is_help=True)
app.add_typer(data, name="data")
app.command()(extract)

Folder = Annotated[Path, typer.Argument(help="Folder in the official AVE layout: Annotations.txt, train_order.h5, …")]
Force = Annotated[bool, typer.Option("--force", help="Replace a data set that is already there.")]


def run(app, argv=None):
    """Runs a typer app as a program.

    Bad input and trouble with files end it with status 2 and a message on stderr instead of a stack trace; warnings are
    told without the line of code they come from. `AVE_KERAS_DEBUG=1` lets the exception through.

    Args:
        app: a `typer.Typer`.
        argv: its arguments; those of the process, if not given.

    Raises:
        SystemExit: always, with the status.
    """
    formatted, warnings.formatwarning = warnings.formatwarning, lambda message, *_, **__: f"warning: {message}\n"
    try:
        app(argv)
    except BrokenPipeError:
        # The reader, `head` perhaps, has seen enough; Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except (AVEError, OSError) as error:
        if os.environ.get("AVE_KERAS_DEBUG"):
            raise
        print(f"error: {error if isinstance(error, AVEError) else _of_system(error)}", file=sys.stderr)
        raise SystemExit(2) from None
    finally:
        warnings.formatwarning = formatted


def _of_system(error):
    """What the system says of a file, in the form of all errors."""
    return AVEError(
        "cannot read or write",
        file=error.filename,
        found=error.strerror or " ".join(str(error).split()),
        fix="Make room, or name a place that can be read and written",
    )


def progress():
    """A progress bar on stderr, so that output can be piped."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=Console(stderr=True))


@data.command()
def info(
    folder: Folder,
    plot: Annotated[Path | None, typer.Option(help="Also draw them to this PNG, PDF or SVG file.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Also read all features and look for NaN and Inf.")] = False,
):
    """Print what a data set holds: the paper's Fig. 2, splits, duplicates, leaks, answers that need no model.

    Example: `ave-keras data info AVE_DIR --plot ave.png`
    """
    from ave_keras.data import AVE
    from ave_keras.data.statistics import statistics
    from ave_keras.data.tables import tables

    ave = AVE.from_directory(folder)
    found = statistics(ave)
    console = Console()
    for table in tables(ave, found):
        console.print(table)
    if check:
        _check(ave, console)
    if plot:
        from ave_keras.plots import save, statistics_figure

        save(statistics_figure(found), plot)
        console.print(f"drawn: {plot}")


@data.command()
def pack(
    folder: Folder,
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    force: Force = False,
):
    """Rewrite features as float16 in one piece: a quarter of the released files' size, so that memory can cache them.

    Values that are NaN, infinite or too large for float16 are refused. The other files of the layout are copied.

    Example: `ave-keras data pack AVE_DIR --out AVE_PACKED`
    """
    from ave_keras.data.pack import pack as rewrite

    with progress() as bars:
        tasks = []
        before, after = rewrite(
            folder,
            out,
            force=force,
            start=lambda name, rows: tasks.append(bars.add_task(name, total=rows)),
            advance=lambda rows: bars.advance(tasks[-1], rows),
        )
    Console().print(f"{out}: features of {before / 1e6:,.1f} MB in {after / 1e6:,.1f} MB")


@data.command()
def synth(
    folder: Annotated[Path, typer.Argument(help="Folder to write.")],
    videos: Annotated[int, typer.Option(help="Number of videos; the released AVE has 4143.")] = 560,
    classes: Annotated[int, typer.Option(help="Number of event classes.")] = 28,
    segments: Annotated[int, typer.Option(help="Segments per video.")] = 10,
    audio_dim: Annotated[int, typer.Option(help="Size of an audio feature.")] = 128,
    visual_shape: Annotated[str, typer.Option(help="Visual feature, height×width×depth.")] = "7x7x512",
    background_videos: Annotated[int | None, typer.Option(help="Clips without an event. [AVE's share]")] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same data set.")] = 0,
    force: Force = False,
):
    """Write a synthetic AVE in the official layout: made-up events whose time and place are known.

    0.5 MB a video at the default sizes. Tables made from it say "synthetic AVE" in their title.

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
    Console().print(f"{folder}: {made.videos} videos, {made.background_videos} background clips")
    Console().print(f"next: ave-keras data info {folder}")


def _shape(text):
    try:
        height, width, depth = map(int, text.replace("×", "x").split("x"))
    except ValueError:
        raise AVEError("no such size", key="--visual-shape", expected="like 7x7x512", found=repr(text)) from None
    return height, width, depth


def _check(ave, console):
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
