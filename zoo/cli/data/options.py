"""Arguments and options of the commands of `ave-keras data`."""

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(help="Folder in the official AVE layout (Annotations.txt, train_order.h5, …).")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing data set.")]
Overlap = Annotated[
    float, typer.Option(help="Part of a second that an event must fill to cover it; for times such as 1.4.")
]
