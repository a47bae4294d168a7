"""`status`: prints the progress of every cell."""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli.options import (
    Backend,
    BatchSize,
    Data,
    Entries,
    Epochs,
    Profile,
    Results,
    Seeds,
    Tables,
    select,
)
from zoo.cli.options import Protocol, SkipBad
from zoo.cli.terminal import messages


def status(
    data: Data = None,
    tables: Tables = "1",
    entries: Entries = None,
    seeds: Seeds = "1",
    profile: Profile = "quick",
    protocol: Protocol = "paper",
    backend: Backend = None,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    results: Results = Path("results"),
    skip_bad: SkipBad = False,
    keep_watching: Annotated[
        bool, typer.Option("--watch", help="Update the display until no cell is left to run.")
    ] = False,
):
    """Print whether each cell of a grid is done, running, interrupted, failed or missing; takes the options of `run`.

    Examples:

    python -m benchmarks status --data AVE_DIR --seeds 3

    python -m benchmarks status --data AVE_DIR --seeds 3 --watch
    """
    from benchmarks.results.status import view, watch

    store, _, cells, _ = select(
        data, tables, entries, seeds, profile, protocol, backend, epochs, batch_size, results, skip_bad, write=False
    )
    if keep_watching:
        watch(store, cells, messages)
    else:
        messages.print(view(store, cells))
