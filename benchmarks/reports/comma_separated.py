"""Reports in CSV."""

import csv
import io

from benchmarks.reports.content import detail_keys
from benchmarks.results.summary import data_name, rows, trivial


def comma_separated(table, group, records):
    """A table as CSV with full precision: one line per model, or per model and metric if there are several metrics."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    keys = {**table.metrics, **{key: key for _, labels in detail_keys(table, records) for key in labels}}
    several = len(keys) > 1
    columns = [
        "table",
        "entry",
        "model",
        *(["metric"] if several else []),
        "paper",
        "mean",
        "std",
        "seeds",
        "data",
        "protocol",
        "profile",
        "backend",
        "device",
        "parameters",
    ]
    writer.writerow(columns)
    for key in keys:
        metric = [key] if several else []
        for row in rows(table, records, key):
            if key not in table.metrics and not row.values:
                continue
            ours = [row.mean, row.std, len(row.values)]
            where = [data_name(group), group["protocol"], group["profile"], group["backend"], row.device]
            where.append(row.parameters)
            writer.writerow([table.table, row.name, row.title, *metric, row.paper, *ours, *where])
        for name, percent in trivial(records, key).items():
            writer.writerow([table.table, "", name, *metric, "", percent, "", "", data_name(group), *[""] * 5])
    return text.getvalue()
