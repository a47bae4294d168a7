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
    from zoo.sharing import publishing

    ave = ave_data.AVE.from_directory(data, skip_bad=skip_bad) if data else None
    folder = publishing.publish(run, to, license=license, ave=ave, float16=float16, force=force)
    scores = publishing.read_manifest(folder / publishing.MANIFEST)["scores"]
    for name, value in scores["metrics"].items():
        beside = ", ".join(
            f"{reference} {100 * found[name]:.1f} %" for reference, found in scores["references"].items()
        )
        where = publishing.data_set(scores["data"])
        text = f"{name} on the test split of {where}: {100 * value:.1f} %; without a model: {beside}"
        console.print(text, markup=False, highlight=False, soft_wrap=True)
    console.print(f"written: {folder}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"next: hf upload USER/NAME {folder}", markup=False, highlight=False, soft_wrap=True)
