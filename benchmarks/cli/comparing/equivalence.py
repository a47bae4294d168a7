"""`equivalence`: tests whether backends give the same accuracy."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ave_keras import plots
from ave_keras.errors import AVEError
from benchmarks.cli import options
from benchmarks.results.files import atomic, check_folder
from benchmarks.results.store import Store
from zoo.card import probability
from zoo.cli.terminal import wide_console

HEAD = ("entry", "metric", "backends", "means, %", "seeds", "difference", "90 % interval", "p", "equivalent")


def equivalence(
    entries: Annotated[list[str], typer.Argument(help="Entries of the grid.")],
    results: options.Results = Path("results"),
    publish_to: Annotated[
        Path | None,
        typer.Option("--publish", help="Also write the table to this Markdown file, and a figure beside it."),
    ] = None,
):
    """Test whether TensorFlow, JAX and PyTorch train to the same accuracy, within one percentage point.

    Two one-sided t tests over the seeds, whose weights differ between backends. A difference of a point fails the test,
    and so does noise: with too few seeds, nothing is equivalent.

    Run the grid on each backend first, with the same --data, --seeds and --epochs.

    Example: python -m benchmarks equivalence av_att dmrn_late
    """
    import zoo
    from benchmarks.reports.markdown import markdown_lines
    from benchmarks.results.equivalence import MARGIN, equivalences

    check_folder(publish_to, ".md")
    names = [zoo.entry(name).name for name in entries]
    if not results.is_dir():
        raise AVEError("results folder not found", file=results, fix="Run the grid first: python -m benchmarks run")
    found = equivalences(Store(results, write=False).records().values(), names)
    by_data: dict = {}
    for line in found:
        by_data.setdefault(line.data, []).append(_line(line))
    for data, body in by_data.items():
        table = Table(*HEAD, title=data)
        for cells in body:
            table.add_row(*cells)
        wide_console().print(table)
    shown = sum(line.equivalent for line in found)
    said = f"{shown} of {len(found)} pairs are equivalent within ±{MARGIN:g} point at the level of 5 %."
    wide_console().print(said)
    if publish_to:
        with atomic(publish_to) as temporary:
            lines = []
            for data, body in by_data.items():
                lines += [f"**{data}**", "", *markdown_lines(HEAD, body), ""]
            temporary.write_text("\n".join([*lines, said, ""]), encoding="utf-8")
        plots.save(_figure(found, MARGIN), publish_to.with_suffix(".png"))


def _figure(found, margin):
    """The differences with their intervals, and the margin: a row per entry and metric, a marker per pair."""
    series: dict = {}
    for line in found:
        ends = line.difference, line.low, line.high
        series.setdefault(f"{line.second} minus {line.first}", {})[_row(line)] = ends
    title = f"Differences between backends, 90 % intervals, and the margin of ±{margin:g} point"
    return plots.effects_figure(series, xlabel="difference, percentage points", title=title, margin=margin)


def _row(found):
    name = found.entry if found.metric == "accuracy" else f"{found.entry}, {found.metric}"
    return f"{name}, {found.data.split(',')[0]}"


def _line(found):
    means = " and ".join(f"{mean:.1f}" for mean in found.means)
    seeds = " and ".join(map(str, found.seeds))
    interval = f"{found.low:+.2f} … {found.high:+.2f}"
    yes = "yes" if found.equivalent else "not shown"
    pair = f"{found.first}, {found.second}"
    p = probability(found.p)
    return found.entry, found.metric, pair, means, seeds, f"{found.difference:+.2f}", interval, p, yes
