"""`ave-keras publish`: write a trained model as a folder for a model hub."""

from pathlib import Path
from typing import Annotated

import typer

from ave_keras import data as ave_data
from zoo.cli.options import SkipBad
from zoo.cli.terminal import console


def publish(
    run: Annotated[Path, typer.Argument(help="The folder that `ave-keras train` has written, or its model.keras.")],
    to: Annotated[Path, typer.Option(help="The folder to write.")],
    license: Annotated[str, typer.Option(help="Licence of the weights, such as apache-2.0 or cc-by-4.0.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Score the test split of this folder. [default: what `evaluate --store` has kept]"),
    ] = None,
    float16: Annotated[bool, typer.Option("--float16", help="Store the weights as float16, and score these.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a folder that publish has written.")] = False,
    skip_bad: SkipBad = False,
) -> None:
    """Write a folder that a model hub takes: the model, a card with its scores, and the sha256 of every file.

    `zoo.load("FOLDER")` and `ave-keras localize --model FOLDER` read it, and after an upload, `hf://USER/NAME`.

    Example: ave-keras publish runs/av_att --to published --license cc-by-4.0 --data AVE_DIR
    """
    from zoo.sharing.publishing import publish as write
    from zoo.sharing.reading import open_published
    from zoo.sharing.scores import in_words

    ave = ave_data.AVE.from_directory(data, skip_bad=skip_bad) if data else None
    folder = write(run, to, license=license, ave=ave, float16=float16, force=force)
    scores = open_published(folder).manifest["scores"]
    for line in (*in_words(scores), f"written: {folder}", f"next: hf upload USER/NAME {folder}"):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
