"""From stored cells to the numbers of a table. Everything here is a pure function of the records."""

from dataclasses import dataclass

import numpy as np

import zoo
from ave_keras.data.statistics import references


@dataclass(frozen=True)
class Row:
    """One model's line: percentages.

    Attributes:
        name: in the zoo.
        title: in the paper.
        paper: the paper's figure, or None.
        values: ours, one per seed.
        parameters: weights of the model as it ran.
        device: what ran it.
    """

    name: str
    title: str
    paper: float | None
    values: tuple
    parameters: int | None = None
    device: str = ""

    @property
    def mean(self):
        """Over seeds, or None."""
        return float(np.mean(self.values)) if self.values else None

    @property
    def std(self):
        """Sample standard deviation over seeds; None for fewer than two."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else None

    @property
    def delta(self):
        """Ours minus the paper's, or None."""
        return None if self.paper is None or not self.values else self.mean - self.paper


def groups(records):
    """Records by what one report has in common, `[(group, records)]`, the largest group first."""
    found = {}
    for record in records:
        cell = record["cell"]
        group = {**cell["data"], **{key: cell[key] for key in ("protocol", "backend", "profile", "recipe")}}
        key = repr(sorted(group.items(), key=lambda item: item[0]))
        found.setdefault(key, (group, []))[1].append(record)
    return sorted(found.values(), key=lambda pair: -len(pair[1]))


def rows(table, records):
    """A `Row` per entry of `table`, in its order; entries without a finished cell have no values."""
    by_name = {}
    for record in records:
        by_name.setdefault(record["entry"]["name"], []).append(record)
    result = []
    for name in table.entries:
        entry = zoo.entry(name)
        own = sorted(by_name.get(entry.name, ()), key=lambda record: record["cell"]["seed"])
        values = tuple(100 * record["test_accuracy"] for record in own)
        device = ", ".join(sorted({f"{r['device']} ({r['threads']} threads)" for r in own}))
        parameters = own[0]["parameters"] if own else None
        result.append(Row(name, entry.title, entry.paper.get("accuracy"), values, parameters, device))
    return result


def trivial(records):
    """What answers without a model score on the test split, `{answer: percent}`."""
    record = records[0]
    truth = np.array(record["test"]["truth"])
    return {name: 100 * share for name, share in references(truth, len(record["class_names"]) - 1).items()}


def best(values, count):
    """Indices of the `count` highest of `values`, None left out; equals of the last one share its place."""
    known = sorted((value for value in values if value is not None), reverse=True)
    if not known or not count:
        return set()
    limit = known[min(count, len(known)) - 1]
    return {i for i, value in enumerate(values) if value is not None and value >= limit}


def number(value, digits=1):
    """`71.4`, or a dash."""
    return "–" if value is None else f"{value:.{digits}f}"


def measured(row):
    """`71.4 ± 0.3 (3)`, or a dash."""
    return "–" if not row.values else f"{number(row.mean)} ± {number(row.std)} ({len(row.values)})"


def difference(row):
    """`+1.2`, or a dash."""
    return "–" if row.delta is None else f"{row.delta:+.1f}"
