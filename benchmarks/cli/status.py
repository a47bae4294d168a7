"""`status`: prints the progress of every cell."""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli import options
from zoo.cli.options import ClassWeight, Protocol, SkipBad
from zoo.cli.terminal import messages


def status(
    data: options.Data = None,
    tables: options.Tables = "1",
    entries: options.Entries = None,
    seeds: options.Seeds = "1",
    profile: options.Profile = "quick",
    protocol: Protocol = "paper",
    backend: options.Backend = None,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    class_weight: ClassWeight = None,
    select: options.Selection = "val",
    results: options.Results = Path("results"),
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

    chosen = (data, tables, entries, seeds, profile, protocol, backend, epochs, batch_size, class_weight, select)
    store, _, cells, _ = options.select(*chosen, results, skip_bad, write=False)
    if keep_watching:
        watch(store, cells, messages)
    else:
        messages.print(view(store, cells))
