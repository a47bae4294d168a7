"""`compare`: tests whether runs differ by more than the noise of the test videos."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ave_keras.errors import AVEError
from benchmarks.cli import options
from benchmarks.results.files import check_folder, update_csv
from benchmarks.results.store import Store
from zoo.card import probability
from zoo.cli.terminal import wide_console


def compare(
    first: Annotated[
        str, typer.Argument(help="A run: ENTRY, ENTRY@PROTOCOL, ENTRY@BACKEND, or the key or JSON file of a cell.")
    ],
    others: Annotated[list[str], typer.Argument(help="Runs to compare it with, in the same form.")],
    results: options.Results = Path("results"),
    publish_to: Annotated[
        Path | None, typer.Option("--publish", help="Also write the comparisons to this CSV file.")
    ] = None,
):
    """Test whether one run differs from others by more than the noise of the test videos.

    A run is an entry (`av_att`), optionally restricted to a protocol, a backend or both (`av_att@official@jax`), or a
    single cell, given by its key or JSON file. Both runs have the same settings, except those that both names fix.

    The runs are paired by video: the interval is a bootstrap over videos, p comes from a sign-flip permutation test.
    McNemar's test counts the segments that only one run has right. Segments of a video are not independent, so its p
    is too small; it is shown because papers report it. For several comparisons, multiply p by their number.

    Examples:

    python -m benchmarks compare dmrn_late additive_late av_att

    python -m benchmarks compare av_att@paper av_att@official
    """
    from dataclasses import asdict

    from benchmarks.results.compare import compare as compare_runs

    check_folder(publish_to)
    records = Store(results, write=False).records() if results.is_dir() else {}
    if not records and not first.endswith(".json"):
        raise AVEError("no finished cells", file=results, fix="Run the grid first: python -m benchmarks run")
    tables: dict[str, Table] = {}
    lines = []
    for other in others:
        for comparison in compare_runs(records, first, other):
            head = "", "diff., %", "95 % interval", "p", "1st only", "2nd only", "McNemar's p", "seeds"
            table = tables.setdefault(comparison.title, Table(*head, title=comparison.title))
            interval = f"{comparison.low:+.2f} … {comparison.high:+.2f}"
            cells = (
                f"{comparison.difference:+.2f}",
                interval,
                probability(comparison.p),
                f"{comparison.only_first:.0f}",
                f"{comparison.only_second:.0f}",
                probability(comparison.mcnemar),
                str(comparison.seeds),
            )
            table.add_row(f"{first} - {other}", *cells)
            lines.append({"first": first, "second": other, **asdict(comparison)})
    for table in tables.values():
        wide_console().print(table)
    if publish_to:
        update_csv(publish_to, lines, ("first", "second", "title"))
