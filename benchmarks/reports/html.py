"""The HTML report: one file that needs nothing else, of tables, pictures, and what every cell has done and cost."""

from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from benchmarks.reports.content import details, head, lines, matrix, matrix_head, notes, title
from benchmarks.reports.figures import bars, curves, svg
from benchmarks.results.confusion import confusion, recalls, shares
from benchmarks.results.summary import number, pace

TEMPLATES = Path(__file__).parent / "templates"
COSTS = {
    "entry": lambda record: record["entry"]["name"],
    "seed": lambda record: record["cell"]["seed"],
    "val %": lambda record: _times(record["val_accuracy"], 100),
    "test %": lambda record: _times(record["test_accuracy"], 100),
    "best epoch": lambda record: "–" if record["best_epoch"] is None else record["best_epoch"] + 1,
    "seconds": lambda record: number(record["seconds"], 0),
    "s / epoch": lambda record: number(pace(record), 2),
    "steps / s": lambda record: number(record["steps_per_epoch"] / pace(record)) if pace(record) else "–",
    "memory MB": lambda record: _times(_peak(record, "process"), 1e-6, 0),
    "GPU MB": lambda record: _times(_peak(record, "device"), 1e-6, 0),
    "parameters": lambda record: f"{record['parameters']:,}",
    "device": lambda record: record["device"],
    "finished": lambda record: record["finished"],
}
COST_NOTES = (
    "seconds: of the whole cell, from where it was last cut off",
    "s / epoch, steps / s: of training, batches read, without validation (matching: with it) and without the first "
    "epoch, which compiles; seeds that were trained together have a share each",
    "memory MB: the most that the cell's process held, with libraries, earlier cells' leavings and mapped pages of the "
    "data; GPU MB: the most that the backend held on its first GPU; –: not told",
)
CLASS_NOTE = (
    "% of a class's test segments that the model calls so (recall), mean over seeds; "
    "segments: of the class, in the test split"
)
CONFUSION_NOTE = "line: the truth; column: the answer; % of the line, rounded; below 0.5 is left empty"


def page(tables, group, records):
    """The report as one HTML text.

    Args:
        tables: `grid.tables.Table`s, of which some entry has run.
        group: what the records have in common.
        records: of the finished cells.
    """
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.filters["percent"] = "{:.0f}".format
    by_entry = _confusion_by_entry(records)
    return environment.get_template("report.html").render(
        title=f"AVE-Keras benchmark: {group['title']}",
        style=_own("report.css"),
        script=_own("report.js"),
        tables=[_table(each, group, records) for each in tables],
        curves=Markup(svg(curves(records))),
        classes=_classes(by_entry),
        confusions={
            "note": CONFUSION_NOTE,
            "entries": [(n, list(map(_confusion, own))) for n, own in by_entry.items()],
        },
        costs={
            "head": COSTS,
            "lines": [([show(record) for show in COSTS.values()], "") for record in records],
            "notes": COST_NOTES,
        },
        notes=notes(group, records),
    )


def _own(name):
    """A file of ours that goes into the page as it is."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def _table(each, group, records):
    """A table of the paper: its compact form where it has one, bars, all lines, and what goes further."""
    compact = matrix(each, records) if each.columns else []
    return {
        "title": title(each, group),
        "matrix_head": matrix_head(each) if compact else [],
        "matrix": [([label, *cells], "") for label, cells in compact],
        "bars": Markup(svg(bars(each, records))),
        "head": head(each),
        "lines": list(lines(each, records)),
        "details": list(details(each, records)),
        "notes": each.notes,
    }


def _confusion_by_entry(records):
    """`{entry: [(record, counts)]}`; cells that match sound and picture have no classes and are left out."""
    found = {}
    for record in records:
        if "truth" in record["test"]:
            found.setdefault(record["entry"]["name"], []).append((record, confusion(record)))
    return found


def _classes(by_entry):
    """Recall of each class, a column per entry; None where no cell has classes."""
    if not by_entry:
        return None
    record, counts = next(iter(by_entry.values()))[0]
    means = [np.mean([recalls(counts) for _, counts in own], axis=0) for own in by_entry.values()]
    rows = zip(record["class_names"], counts.sum(axis=1), np.transpose(means), strict=True)
    return {
        "head": ("class", "segments", *by_entry),
        "lines": [(name, [str(segments), *map(_known, row)]) for name, segments, row in rows],
        "note": CLASS_NOTE,
    }


def _confusion(cell):
    record, counts = cell
    names = record["class_names"]
    return {
        "head": ("", *names),
        "caption": f"seed {record['cell']['seed']}: {100 * record['test_accuracy']:.1f} % right",
        "lines": [
            (name, ["" if percent < 0.5 else _known(percent) for percent in row])
            for name, row in zip(names, shares(counts), strict=True)
        ],
    }


def _known(percent):
    return "–" if np.isnan(percent) else percent


def _times(value, factor, digits=1):
    return number(None if value is None else factor * value, digits)


def _peak(record, place):
    return record.get("peak_memory", {}).get(place)
