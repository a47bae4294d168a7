"""`compare`: whether runs differ by more than the noise of the test videos."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ave_keras.errors import AVEError
from benchmarks.cli.options import Results
from benchmarks.results.store import Store
from zoo.cli.terminal import wide_console


def compare(
    first: Annotated[str, typer.Argument(help="A run: ENTRY, ENTRY@PROTOCOL, ENTRY@BACKEND, a cell's key or file.")],
    others: Annotated[list[str], typer.Argument(help="Runs to compare it with.")],
    results: Results = Path("results"),
):
    """Test whether one run differs from others by more than the noise of the test videos.

    A run is an entry, `av_att`; of one protocol or backend or both, `av_att@official@jax`; or a single cell, by its key
    or its JSON file. What a name does not say, it shares with the other.

    Paired over the same videos: a bootstrap interval, and a p-value by flipping signs. McNemar's test counts the
    segments that one of the two alone has right; those of one video are no independent evidence, so its p is too small
    and stands here because others print it. With several comparisons, multiply p by their number.

    Examples:

    python -m benchmarks compare dmrn_late additive_late av_att

    python -m benchmarks compare av_att@paper av_att@official
    """
    from benchmarks.results.compare import compare as compare_runs

    records = Store(results, write=False).records() if results.is_dir() else {}
    if not records and not first.endswith(".json"):
        raise AVEError("no finished cells", file=results, fix="Run the grid first: python -m benchmarks run")
    tables = {}
    for other in others:
        for found in compare_runs(records, first, other):
            head = "", "diff., %", "95 % interval", "p", "1st only", "2nd only", "McNemar's p", "seeds"
            table = tables.setdefault(found.title, Table(*head, title=found.title))
            interval = f"{found.low:+.2f} … {found.high:+.2f}"
            counts = (
                f"{found.only_first:.0f}",
                f"{found.only_second:.0f}",
                _probability(found.mcnemar),
                str(found.seeds),
            )
            table.add_row(f"{first} - {other}", f"{found.difference:+.2f}", interval, _probability(found.p), *counts)
    for table in tables.values():
        wide_console().print(table)


def _probability(p):
    """As it is printed; never as nothing."""
    return "< 0.0001" if p < 1e-4 else f"{p:.4f}"
