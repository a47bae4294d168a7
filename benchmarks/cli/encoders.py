"""`encoders`: what the features of a video cost, by encoder."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from benchmarks.cli import options
from benchmarks.cli.executors import choose_backend
from zoo.cli.terminal import wide_console


def encoders(
    videos: Annotated[list[Path], typer.Argument(help="Videos of ten seconds, such as those of AVE.")],
    visual: Annotated[list[str] | None, typer.Option(help="vgg19 or c3d; repeatable. [default: both]")] = None,
    backend: options.Backend = None,
):
    """Measure what `ave-keras extract` costs: VGGish with each visual encoder, with random weights.

    The hours are those for the 4097 videos of AVE at the measured pace, the size is that of its 4143 rows in float32.
    During the extraction, the finished videos take the same space again.

    Example: `python -m benchmarks encoders clips/*.mp4`
    """
    os.environ["KERAS_BACKEND"] = choose_backend(backend)
    from benchmarks.speed.encoding import VISUAL, measure

    columns = ("visual encoder", "s per video", "CPU s per video", "hours for AVE", "GB for AVE")
    table = Table(*columns, title="Features of a video, VGGish included")
    for name in visual or VISUAL:
        row = measure(name, videos)
        table.add_row(
            name,
            *(f"{row[key]:.1f}" for key in ("seconds", "cpu_seconds")),
            *(f"{row[key]:.2g}" for key in ("hours", "gigabytes")),
        )
    wide_console().print(table)
