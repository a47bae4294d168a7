"""`report`: prints and writes the tables of all stored results."""

from pathlib import Path
from typing import Annotated

import typer

from ave_keras.errors import AVEError
from benchmarks.cli import options
from benchmarks.grid.tables import choose_tables
from benchmarks.results.files import check_folder
from benchmarks.results.store import Store
from zoo.cli.terminal import wide_console


def report(
    tables: options.Tables = "all",
    results: options.Results = Path("results"),
    publish_to: Annotated[
        Path | None,
        typer.Option("--publish", help="Also write the figures to this CSV file, which the model cards read."),
    ] = None,
    pages: Annotated[
        list[Path] | None,
        typer.Option("--readme", help="With --publish: also replace the tables in this page; can be repeated."),
    ] = None,
):
    """Print and write the tables of all stored results, one report per data set, protocol and backend.

    Each is written as Markdown, CSV, LaTeX and one HTML page to a folder in RESULTS/reports. Nothing is trained.

    Example: python -m benchmarks report --results results
    """
    check_folder(publish_to, ".csv")
    for page in pages or []:
        if not publish_to:
            raise AVEError("--readme fills pages from the figures of --publish", key="--readme", found=page)
        if not page.is_file():
            raise AVEError("no such page", file=page, key="--readme", fix="Give a page with `<!-- results of … -->`")
    if not results.is_dir():
        raise AVEError("results folder not found", file=results, fix="Run the grid first: python -m benchmarks run")
    store = Store(results, write=False)
    records = list(store.records().values())
    if not records:
        raise AVEError("no finished cells", file=results, fix="Run the grid first: python -m benchmarks run")
    from benchmarks.reports import publishing, writing

    written = writing.write_all(store, choose_tables(tables), store.records().values, wide_console())
    if publish_to:
        publishing.publish(records, publish_to)
        for page in pages or []:
            publishing.fill(page, publish_to)
    if not written:
        raise typer.Exit(1)
