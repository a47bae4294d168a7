"""`ave-keras data pack | synth`: write a smaller copy of a data set, or a synthetic one."""

from pathlib import Path
from typing import Annotated

import typer

from ave_keras.errors import AVEError
from zoo.cli.data.options import Folder, Force
from zoo.cli.terminal import console, progress


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
