"""`report`: the tables of everything that is stored."""

from pathlib import Path
from typing import Annotated

import typer

from ave_keras.errors import AVEError
from benchmarks.cli.options import Results, Tables
from benchmarks.grid.tables import choose_tables
from benchmarks.results.store import Store
from zoo.cli.terminal import wide_console


def report(
    tables: Tables = "all",
    results: Results = Path("results"),
    publish_to: Annotated[
        Path | None, typer.Option("--publish", help="Also write this CSV for the zoo's cards.")
    ] = None,
    readme: Annotated[
        Path | None, typer.Option(help="With --publish: also the table between this file's marks.")
    ] = None,
):
    """Print and write the tables of everything that is stored, one report per data set, protocol and backend.

    Example: python -m benchmarks report --results results
    """
    if not results.is_dir():
        raise AVEError("no results", file=results, fix="Run the grid first: python -m benchmarks run")
    store = Store(results, write=False)
    records = list(store.records().values())
    if not records:
        raise AVEError("no finished cells", file=results, fix="Run the grid first: python -m benchmarks run")
    from benchmarks.reports import publishing, writing

    written = writing.write_all(store, choose_tables(tables), store.records().values, wide_console())
    if publish_to:
        publishing.publish(records, publish_to)
        if readme:
            publishing.readme(readme, publish_to)
    if not written:
        raise typer.Exit(1)
