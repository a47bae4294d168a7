"""From stored cells to the numbers of a table. Everything here is a pure function of the records."""

from dataclasses import dataclass

import numpy as np

import zoo
from ave_keras.data.statistics import references
from ave_keras.matching import DIRECTIONS

# What the keys of a record's main figures are called, in published lines.
METRICS = {"accuracy": "segment accuracy %", "a2v": "A2V exact match %", "v2a": "V2A exact match %"}


@dataclass(frozen=True)
class Row:
    """One model's line in one metric: percentages.

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


def data_name(group):
    """The data set as a title has it."""
    return group["title"] if group["title"] == "AVE" else f"{group['title']} (not the AVE data set)"


def metrics(record):
    """The figures of a finished cell, `{key: percent}`; segment accuracy is all that localizers have."""
    return {key: 100 * share for key, share in (record.get("metrics") or {"accuracy": record["test_accuracy"]}).items()}


def expand(keys, records):
    """`{key: label}` where each `*` is filled with what the records have, in the order of its numbers."""
    present = dict.fromkeys(key for record in records for key in metrics(record))
    found = {}
    for key, label in keys.items():
        prefix, star, _ = key.partition("*")
        filled = sorted((k.removeprefix(prefix) for k in present if star and k.startswith(prefix)), key=int)
        found |= {prefix + part: label.replace("*", part) for part in filled} if star else {key: label}
    return found


def rows(table, records, metric=None):
    """A `Row` per entry of `table`, in its order; entries without a finished cell have no values.

    Args:
        table: a `tables.Table`.
        records: of finished cells, of this table and of others.
        metric: key of the figures; the table's first, if not given.
    """
    metric = metric or next(iter(table.metrics))
    by_name = {}
    for record in records:
        by_name.setdefault(record["entry"]["name"], []).append(record)
    result = []
    for name in table.entries:
        entry = zoo.entry(name)
        own = sorted(by_name.get(entry.name, ()), key=lambda record: record["cell"]["seed"])
        values = tuple(found[metric] for record in own if metric in (found := metrics(record)))
        device = ", ".join(sorted({f"{r['device']} ({r['threads']} threads)" for r in own}))
        parameters = own[0]["parameters"] if own else None
        result.append(Row(name, entry.title, entry.paper.get(metric), values, parameters, device))
    return result


def trivial(records, metric="accuracy"):
    """What answers without a model score on the test split in a metric, `{answer: percent}`."""
    record = next((record for record in records if metric in metrics(record)), None)
    if record is None:
        return {}
    if metric != "accuracy":
        return {name: 100 * found[metric] for name, found in record["trivial"].items()}
    truth = np.array(record["test"]["truth"])
    return {name: 100 * share for name, share in references(truth, len(record["class_names"]) - 1).items()}


def right(record):
    """Which answers of a cell are right, `(videos, answers of each)`: segments, or the two directions of matching.

    A tied answer is right by the share of its windows.
    """
    test = record["test"]
    if "starts" not in test:
        return np.float64(np.array(test["truth"]) == np.array(test["predicted"]))
    pairs = (zip(test[direction], test["starts"], strict=True) for direction in DIRECTIONS)
    return np.array([[(start in tied) / len(tied) for tied, start in answers] for answers in pairs]).T


def pace(record):
    """Seconds per epoch of a stored cell, or None where it does not say.

    The mean over the epochs of its last process without the first, which compiles, unless there is no other.
    """
    seconds = record.get("epoch_seconds")
    return float(np.mean(seconds[1:] or seconds)) if seconds else None


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


def score_key(logs):
    """The key of the validation score among an epoch's logs; empty where the epoch has none."""
    return next((key for key in logs if key.startswith("val_") and key.endswith(("accuracy", "exact_match"))), "")


def difference(row):
    """`+1.2`, or a dash."""
    return "–" if row.delta is None else f"{row.delta:+.1f}"
