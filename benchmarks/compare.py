"""Whether two runs differ by more than the noise of the test videos, from stored predictions."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ave_keras.errors import AVEError
from benchmarks import driver
from benchmarks.runs import find, pairs
from benchmarks.store import Store
from benchmarks.summary import right


@dataclass(frozen=True)
class Comparison:
    """What two runs on the same videos say of each other; answers are segments, or the two directions of matching.

    Attributes:
        title: data set and what both runs have in common.
        difference: of their shares of right answers, percent.
        low: lower end of its 95 % interval.
        high: upper end.
        p: of the test over videos.
        only_first: answers that the first alone has right, the mean over seeds.
        only_second: that the second alone has right.
        mcnemar: p of McNemar's test over answers.
        seeds: how many pairs of cells.
    """

    title: str
    difference: float
    low: float
    high: float
    p: float
    only_first: float
    only_second: float
    mcnemar: float
    seeds: int


def paired_test(first, second, draws=20_000, seed=0):
    """`(difference, low, high, p)` of two `(N,)` scores of the same videos, in their unit.

    The 95 % interval is a bootstrap over videos; p is two-sided, by flipping the sign of each video's difference.
    """
    difference = first - second
    rng = np.random.default_rng(seed)
    count = len(difference)
    resampled = np.array([difference[rng.integers(0, count, count)].mean() for _ in range(draws)])
    flips = rng.integers(0, 2, (draws, count), dtype="int8") * 2 - 1
    extreme = np.abs(flips @ difference / count) >= abs(difference.mean()) - 1e-12
    low, high = np.quantile(resampled, [0.025, 0.975])
    # The observed signs are one of the possible ones.
    return difference.mean(), low, high, (extreme.sum() + 1) / (draws + 1)


def mcnemar(only_first, only_second):
    """The exact p of McNemar's test, two-sided: how likely a fair coin is to divide the disagreements so unevenly."""
    count, fewer = only_first + only_second, min(only_first, only_second)
    return min(1.0, 2 * sum(math.comb(count, k) for k in range(fewer + 1)) / 2**count)


def compare_records(title, first, second):
    """A `Comparison` of two lists of records, seed by seed.

    Accuracies are averaged over seeds before videos are resampled. McNemar's test takes the counts of one seed, as many
    as they are in the mean: seeds see the same videos and are no further evidence.

    Raises:
        AVEError: they were scored on different videos.
    """
    rows = [r["test"]["rows"] for r in (*first, *second)]
    if any(other != rows[0] for other in rows):
        raise AVEError(
            "these cells were scored on different videos", fix="Compare runs of one data set, and entries of one task"
        )
    ours, theirs = (np.array([right(r) for r in records]) for records in (first, second))
    scores = (100 * one.mean(axis=(0, 2)) for one in (ours, theirs))
    only = [float(alone.sum(axis=(1, 2)).mean()) for alone in (ours * (1 - theirs), theirs * (1 - ours))]
    return Comparison(title, *paired_test(*scores), *only, mcnemar(*map(round, only)), len(first))


def compare(records, first, second):
    """Comparisons of two runs by name, one per data set and way of running that both have; see `runs.find`.

    Args:
        records: `{key: record}`.
        first: the name of a run.
        second: of another.

    Raises:
        AVEError: one of them has not run, or they have nothing in common.
    """
    return [compare_records(*pair) for pair in pairs(find(records, first), find(records, second))]


def probability(p):
    """As it is printed; never as nothing."""
    return "< 0.0001" if p < 1e-4 else f"{p:.4f}"


def command(
    first: Annotated[str, typer.Argument(help="A run: ENTRY, ENTRY@PROTOCOL, ENTRY@BACKEND, a cell's key or file.")],
    others: Annotated[list[str], typer.Argument(help="Runs to compare it with.")],
    results: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("results"),
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
    from rich.table import Table

    records = Store(results, write=False).records() if results.is_dir() else {}
    if not records and not first.endswith(".json"):
        raise AVEError("no finished cells", file=results, fix="Run the grid first: python -m benchmarks run")
    tables = {}
    for other in others:
        for found in compare(records, first, other):
            head = "", "diff., %", "95 % interval", "p", "1st only", "2nd only", "McNemar's p", "seeds"
            table = tables.setdefault(found.title, Table(*head, title=found.title))
            interval = f"{found.low:+.2f} … {found.high:+.2f}"
            counts = f"{found.only_first:.0f}", f"{found.only_second:.0f}", probability(found.mcnemar), str(found.seeds)
            table.add_row(f"{first} - {other}", f"{found.difference:+.2f}", interval, probability(found.p), *counts)
    for table in tables.values():
        driver.output().print(table)
