"""Whether backends give the same accuracy: a test of equivalence over the seeds, which noise or a difference fails."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ave_keras.errors import AVEError
from ave_keras.runtime.backend import BACKENDS
from benchmarks.results.summary import data_name, metrics

# Percentage points; a backend that trains differently by less than this does not matter to a reader of the tables.
MARGIN = 1.0


@dataclass(frozen=True)
class Equivalence:
    """The comparison of one metric of one entry between two backends.

    Attributes:
        data: The name of the data set.
        entry: The name of the entry.
        metric: The key of the metric, such as "accuracy".
        first: A backend.
        second: The other one.
        means: The mean of each, in percent.
        seeds: The number of seeds of each.
        difference: The second minus the first, in percentage points.
        low: The lower end of the 90 % interval of the difference.
        high: The upper end.
        p: The p-value of the test that the difference is beyond the margin; small if they are equivalent.
    """

    data: str
    entry: str
    metric: str
    first: str
    second: str
    means: tuple
    seeds: tuple
    difference: float
    low: float
    high: float
    p: float

    @property
    def equivalent(self) -> bool:
        """Whether the 90 % interval lies within the margin, which is the test at the level of 5 %."""
        return self.p < 0.05


def two_one_sided_tests(
    first: Sequence[float], second: Sequence[float], margin: float = MARGIN, what: str | None = None
) -> tuple:
    """Welch's form of the two one-sided t tests for the equivalence of two means.

    Args:
        first: Values, one per seed.
        second: Values of the other group.
        margin: The largest difference that does not matter.
        what: What is compared, for the error.

    Returns:
        `(difference, low, high, p)`: the difference of the means, its 90 % interval, and the larger of the two
        one-sided p-values.

    Raises:
        AVEError: A group has fewer than two values.

    Reference:
        Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics, 1987; Lakens, Social Psychological and Personality
        Science, 2017.
    """
    if min(len(first), len(second)) < 2:
        expected, found = "two seeds or more of each backend", f"{len(first)} and {len(second)}"
        fix = "Run more: python -m benchmarks run --seeds 5 --backend …; or leave the entry out"
        raise AVEError("cannot test equivalence", key=what, expected=expected, found=found, fix=fix)
    difference = float(np.mean(second) - np.mean(first))
    parts = [np.var(values, ddof=1) / len(values) for values in (first, second)]
    error = float(np.sqrt(sum(parts)))
    if error == 0:
        return difference, difference, difference, 0.0 if abs(difference) < margin else 1.0
    freedom = sum(parts) ** 2 / sum(
        part**2 / (len(values) - 1) for part, values in zip(parts, (first, second), strict=True)
    )
    reach = float(stats.t.ppf(0.95, freedom)) * error
    p = max(stats.t.sf((difference + margin) / error, freedom), stats.t.cdf((difference - margin) / error, freedom))
    return difference, difference - reach, difference + reach, float(p)


def equivalences(records: Iterable[dict], entries: Sequence[str]) -> list[Equivalence]:
    """All pairs of backends for every entry, metric and data set with the same settings.

    Args:
        records: The records of finished cells.
        entries: The names of the entries.

    Raises:
        AVEError: An entry has no cells of two backends with the same data and settings.
    """
    groups: dict[tuple, dict[str, list[float]]] = {}
    for record in sorted(records, key=lambda record: record["cell"]["seed"]):
        cell, name = record["cell"], record["entry"]["name"]
        if name not in entries:
            continue
        settings = json.dumps([cell["data"], cell["protocol"], cell["recipe"]], sort_keys=True)
        for metric, value in metrics(record).items():
            if metric in ("accuracy", "a2v", "v2a"):
                by_backend = groups.setdefault((data_name(cell["data"]), entries.index(name), metric, settings), {})
                by_backend.setdefault(cell["backend"], []).append(value)
    found = []
    for (data, number, metric, _), by_backend in sorted(groups.items()):
        for first, second in itertools.combinations([b for b in BACKENDS if b in by_backend], 2):
            one, other = by_backend[first], by_backend[second]
            means = float(np.mean(one)), float(np.mean(other))
            seeds = len(one), len(other)
            test = two_one_sided_tests(one, other, what=f"{entries[number]}, {first} and {second}")
            found.append(Equivalence(data, entries[number], metric, first, second, means, seeds, *test))
    for number, name in enumerate(entries):
        if name not in {line.entry for line in found}:
            backends = sorted({b for key, by_backend in groups.items() if key[1] == number for b in by_backend})
            raise AVEError(
                f"{name} has no cells of two backends with the same data and settings",
                expected="finished cells of two of tensorflow, jax and torch",
                found=", ".join(backends) or "none",
                fix=f"Run the grid on each: python -m benchmarks run --tables all --entries {name} --backend jax …",
            )
    return found
