"""The HTML report: a self-contained file of tables, figures, and the results and resource usage of every cell."""

from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ave_keras.plots import svg
from benchmarks.reports.content import details, head, headline, lines, matrix, matrix_head, notes, protocol, title
from benchmarks.reports.figures import bars, curves
from benchmarks.results.confusion import confusion, recalls, shares
from benchmarks.results.summary import number, seconds_per_epoch

TEMPLATES = Path(__file__).parent / "templates"
COSTS = {
    "entry": lambda record: record["entry"]["name"],
    "seed": lambda record: record["cell"]["seed"],
    "val %": lambda record: _times(record["val_accuracy"], 100),
    "test %": lambda record: _times(record["test_accuracy"], 100),
    "best epoch": lambda record: "–" if record["best_epoch"] is None else record["best_epoch"] + 1,
    "seconds": lambda record: number(record["seconds"], 0),
    "s / epoch": lambda record: number(seconds_per_epoch(record), 2),
    "steps / s": lambda record: _steps_per_second(record),
    "memory MB": lambda record: _times(_peak(record, "process"), 1e-6, 0),
    "GPU MB": lambda record: _times(_peak(record, "device"), 1e-6, 0),
    "parameters": lambda record: f"{record['parameters']:,}",
    "device": lambda record: record["device"],
    "finished": lambda record: record["finished"],
}
COST_NOTES = (
    "seconds: run time of the cell, without earlier interrupted runs",
    "s / epoch, steps / s: training with input, without validation (matching: with validation) and without the first "
    "epoch, which compiles; seeds that were trained together have a share each",
    "memory MB: peak of the cell's process, including libraries, earlier cells and mapped pages of the data; "
    "GPU MB: peak of the backend on its first GPU; –: not measured",
)
CLASS_NOTE = (
    "recall: % of the test segments of a class that the model assigns to it, mean over seeds; "
    "segments: number of test segments of the class"
)
BARS_NOTE = (
    "bars: mean over the seeds; lines at their ends: the 95 % interval over the test videos, by bootstrap; it is the "
    "noise of a small test split, not that of the seeds"
)
CONFUSION_NOTE = "row: true class; column: predicted class; % of the row, rounded; empty below 0.5"


def page(tables, group, records):
    """The report as the text of an HTML page.

    Args:
        tables: The `grid.tables.Table`s to show.
        group: The data set and settings that the records share, as `summary.groups` returns them.
        records: The records of the finished cells.
    """
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.filters["percent"] = "{:.0f}".format
    by_entry = _confusion_by_entry(records)
    return environment.get_template("report.html").render(
        title=f"AVE-Keras benchmark: {group['title']}",
        subtitle=f"{protocol(group)}, {group['backend']}",
        cards=list(headline(tables, group, records)),
        style=_template_file("report.css"),
        script=_template_file("report.js"),
        bars_note=BARS_NOTE,
        tables=[_table(table, group, records) for table in tables],
        curves=Markup(svg(curves(records))),
        classes=_classes(by_entry),
        confusions={
            "note": CONFUSION_NOTE,
            "entries": [(name, list(map(_confusion, cells))) for name, cells in by_entry.items()],
        },
        costs={
            "head": COSTS,
            "lines": [([show(record) for show in COSTS.values()], "") for record in records],
            "notes": COST_NOTES,
        },
        notes=notes(group, records),
    )


def _template_file(name):
    """A file to insert into the page without escaping."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def _table(table, group, records):
    """The template's values for a table of the paper; `matrix` is empty for a list."""
    compact = matrix(table, records) if table.columns else []
    return {
        "title": title(table, group),
        "matrix_head": matrix_head(table) if compact else [],
        "matrix": [([label, *cells], "") for label, cells in compact],
        "bars": Markup(svg(bars(table, records))),
        "head": head(table),
        "lines": list(lines(table, records)),
        "details": list(details(table, records)),
        "notes": table.notes,
    }


def _confusion_by_entry(records):
    """`{entry: [(record, confusion matrix)]}`, without cells of the matching task, which have no classes."""
    result = {}
    for record in records:
        if "truth" in record["test"]:
            result.setdefault(record["entry"]["name"], []).append((record, confusion(record)))
    return result


def _classes(by_entry):
    """The recall of each class, in a column per entry; None if no cell has classes."""
    if not by_entry:
        return None
    record, counts = next(iter(by_entry.values()))[0]
    means = [np.mean([recalls(counts) for _, counts in cells], axis=0) for cells in by_entry.values()]
    rows = zip(record["class_names"], counts.sum(axis=1), np.transpose(means), strict=True)
    return {
        "head": ("class", "segments", *by_entry),
        "lines": [(name, [str(segments), *map(_percent, row)]) for name, segments, row in rows],
        "note": CLASS_NOTE,
    }


def _confusion(cell):
    record, counts = cell
    names = record["class_names"]
    return {
        "head": ("", *names),
        "caption": f"seed {record['cell']['seed']}: {100 * record['test_accuracy']:.1f} % right",
        "lines": [
            (name, ["" if percent < 0.5 else _percent(percent) for percent in row])
            for name, row in zip(names, shares(counts), strict=True)
        ],
    }


def _percent(percent):
    return "–" if np.isnan(percent) else percent


def _times(value, factor, digits=1):
    return number(None if value is None else factor * value, digits)


def _peak(record, memory):
    return record.get("peak_memory", {}).get(memory)


def _steps_per_second(record):
    seconds = seconds_per_epoch(record)
    return number(record["steps_per_epoch"] / seconds) if seconds else "–"
