"""Computes the numbers of the tables from stored records; all functions are pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import zoo
from ave_keras.data import layout
from ave_keras.data.statistics import references
from ave_keras.matching import DIRECTIONS

if TYPE_CHECKING:
    from benchmarks.grid.tables import Table

# Names of a record's main metrics in the published CSV.
METRICS = {"accuracy": "segment accuracy %", "a2v": "A2V exact match %", "v2a": "V2A exact match %"}


@dataclass(frozen=True)
class Row:
    """The results of one model in one metric, in percent.

    Attributes:
        name: The entry's name in the zoo.
        title: The model's name in the paper.
        paper: The paper's figure, or None.
        values: Our figures, one per seed.
        device: The devices it ran on.
        parameters: The number of weights, or None without a finished cell.
    """

    name: str
    title: str
    paper: float | None
    values: tuple
    device: str = ""
    parameters: int | None = None

    @property
    def mean(self) -> float | None:
        """The mean over seeds, or None."""
        return float(np.mean(self.values)) if self.values else None

    @property
    def std(self) -> float | None:
        """The sample standard deviation over seeds; None for fewer than two."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else None

    @property
    def delta(self) -> float | None:
        """Our mean minus the paper's figure, or None."""
        return None if self.paper is None or self.mean is None else self.mean - self.paper


def groups(records: Iterable[dict]) -> list[tuple[dict, list[dict]]]:
    """Groups records by data set and settings, one group per report: `[(group, records)]`, largest group first."""
    result: dict[str, tuple[dict, list[dict]]] = {}
    for record in records:
        cell = record["cell"]
        group = {**cell["data"], **{key: cell[key] for key in ("protocol", "backend", "profile", "recipe")}}
        key = repr(sorted(group.items(), key=lambda item: item[0]))
        result.setdefault(key, (group, []))[1].append(record)
    return sorted(result.values(), key=lambda pair: -len(pair[1]))


def data_name(group: dict) -> str:
    """The name of the data set in titles."""
    return layout.data_name(group["title"])


def metrics(record: dict) -> dict[str, float]:
    """The metrics of a finished cell, `{key: percent}`; localizers without attention have only the segment accuracy."""
    return {key: 100 * share for key, share in (record.get("metrics") or {"accuracy": record["test_accuracy"]}).items()}


def expand(keys: Mapping[str, str], records: Sequence[dict]) -> dict[str, str]:
    """Replaces each `*` in `{key: label}` by the numbers that occur in the records, in ascending order."""
    present = dict.fromkeys(key for record in records for key in metrics(record))
    result: dict[str, str] = {}
    for key, label in keys.items():
        prefix, star, _ = key.partition("*")
        filled = sorted((k.removeprefix(prefix) for k in present if star and k.startswith(prefix)), key=int)
        result |= {prefix + part: label.replace("*", part) for part in filled} if star else {key: label}
    return result


def rows(table: Table, records: Iterable[dict], metric: str | None = None) -> list[Row]:
    """A `Row` per entry of `table`, in the order of the table; entries without a finished cell have no values.

    Args:
        table: The `grid.tables.Table`.
        records: The records of finished cells; those of other tables are ignored.
        metric: The key of the metric; by default the first of the table.
    """
    metric = metric or next(iter(table.metrics))
    by_name: dict[str, list[dict]] = {}
    for record in records:
        by_name.setdefault(record["entry"]["name"], []).append(record)
    result = []
    for name in table.entries:
        entry = zoo.entry(name)
        own = sorted(by_name.get(entry.name, ()), key=lambda record: record["cell"]["seed"])
        values = tuple(figures[metric] for record in own if metric in (figures := metrics(record)))
        device = ", ".join(sorted({f"{r['device']} ({r['threads']} threads)" for r in own}))
        parameters = own[0]["parameters"] if own else None
        result.append(Row(name, entry.title, entry.paper.get(metric), values, device, parameters))
    return result


def trivial(records: Iterable[dict], metric: str = "accuracy") -> dict[str, float]:
    """The scores of trivial predictions, made without a model, on the test split: `{name: percent}`."""
    record = next((record for record in records if metric in metrics(record)), None)
    if record is None:
        return {}
    if metric != "accuracy":
        return {name: 100 * scores[metric] for name, scores in record["trivial"].items()}
    truth = np.array(record["test"]["truth"])
    return {name: 100 * share for name, share in references(truth, len(record["class_names"]) - 1).items()}


def correct(record: dict, split: str = "test") -> np.ndarray:
    """Which predictions of a cell are correct: `(videos, segments)`, or `(videos, 2)` for the directions of matching.

    Values are 0 or 1; a tie of k windows that contains the right one counts 1/k.
    """
    test = record[split]
    if "starts" not in test:
        return (np.array(test["truth"]) == np.array(test["predicted"])).astype("float64")
    directions = (zip(test[direction], test["starts"], strict=True) for direction in DIRECTIONS)
    return np.array([[(start in tied) / len(tied) for tied, start in pairs] for pairs in directions]).T


def seconds_per_epoch(record: dict) -> float | None:
    """Seconds per epoch of a stored cell, or None if the record has no times.

    The mean over the epochs of the last process, without the first epoch, which compiles, unless it is the only one.
    """
    seconds = record.get("epoch_seconds")
    return float(np.mean(seconds[1:] or seconds)) if seconds else None


def best(values: Sequence[float | None], count: int) -> set[int]:
    """Indices of the `count` highest `values`, and of ties with the lowest of them; None values are skipped."""
    ranked = sorted((value for value in values if value is not None), reverse=True)
    if not ranked or not count:
        return set()
    limit = ranked[min(count, len(ranked)) - 1]
    return {i for i, value in enumerate(values) if value is not None and value >= limit}


def number(value: float | None, digits: int = 1) -> str:
    """A figure as text, `71.4`; a dash for None."""
    return "–" if value is None else f"{value:.{digits}f}"


def measured(row: Row) -> str:
    """A row's mean, deviation and number of seeds, `71.4 ± 0.3 (3)`; a dash without values."""
    return "–" if not row.values else f"{number(row.mean)} ± {number(row.std)} ({len(row.values)})"


def score_key(logs: Mapping[str, float]) -> str:
    """The key of the validation score in an epoch's logs; empty if there is none."""
    return next((key for key in logs if key.startswith("val_") and key.endswith(("accuracy", "exact_match"))), "")


def difference(row: Row) -> str:
    """A row's difference from the paper, `+1.2`; a dash if unknown."""
    return "–" if row.delta is None else f"{row.delta:+.1f}"
