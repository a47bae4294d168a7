"""The figures of a report: results against the paper, and training curves."""

import numpy as np

import zoo
from ave_keras import plots
from benchmarks.results.compare import interval
from benchmarks.results.summary import metrics, rows, trivial


def bars(table, records):
    """Our results with 95 % intervals over the test videos, the paper's figures as marks, and trivial predictions.

    An interval shows the noise of the test videos, which there is with one seed, too. Without results per video, an
    entry has none, and says so.
    """
    names, values, ends, marks = [], [], [], []
    # One bar per model and metric, with the metrics of a model side by side.
    for by_metric in zip(*(rows(table, records, metric) for metric in table.metrics), strict=True):
        for (metric, label), row in zip(table.metrics.items(), by_metric, strict=True):
            own = cells(records, row.name, metric)
            found = interval(own, metric)
            lacking = f" ({len(own)} seed{'s' * (len(own) != 1)}, no interval)" if own and found is None else ""
            names.append(f"{row.title} {label}".strip() + lacking)
            values.append(row.mean)
            ends.append(found or (np.nan, np.nan))
            marks.append(row.paper)
    references = trivial(records, next(iter(table.metrics)))
    whiskers = {"value_label": "ours, with 95 % intervals over the test videos"}
    return plots.bars_figure(
        names, values, intervals=ends, marks=marks, lines=references, xlabel=table.metric, **whiskers
    )


def cells(records, name, metric):
    """The records of an entry, by any of its names, that have a metric."""
    own = zoo.entry(name).name
    return [record for record in records if record["entry"]["name"] == own and metric in metrics(record)]


def curves(records):
    """Training loss and validation score over epochs, a look per entry, which its seeds share."""
    runs = {}
    for record in records:
        keys = dict.fromkeys(key for logs in record["history"] for key in logs)
        history = {key: [logs.get(key) for logs in record["history"]] for key in keys}
        runs.setdefault(record["entry"]["name"], []).append(history)
    return plots.curves_figure(runs)
