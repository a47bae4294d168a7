"""The HTML report: one file that needs nothing else, of tables, pictures, and what every cell has done and cost."""

from html import escape

from benchmarks import confusion
from benchmarks.markup import bullets, document, table
from benchmarks.pictures import bars, curves, svg
from benchmarks.report import details, head, lines, matrix, matrix_head, notes, title
from benchmarks.summary import number, pace

CELLS = {
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
NOTES = (
    "seconds: of the whole cell, from where it was last cut off",
    "s / epoch, steps / s: of training, batches read, without validation (matching: with it) and without the first "
    "epoch, which compiles; seeds that were trained together have a share each",
    "memory MB: the most that the cell's process held, with libraries, earlier cells' leavings and mapped pages of the "
    "data; GPU MB: the most that the backend held on its first GPU; –: not told",
)


def page(tables, group, records):
    """The report as one HTML text.

    Args:
        tables: `tables.Table`s, of which some entry has run.
        group: what the records have in common.
        records: of the finished cells.
    """
    body = [part for each in tables for part in _results(each, group, records)]
    body.append(f"<h2>Training curves</h2><figure>{svg(curves(records))}</figure>")
    body += [f"<h2>{name}</h2>{html}" for name, html in confusion.sections(records)]
    body.append("<h2>Speed and memory of every cell</h2>" + _cells(records) + bullets(NOTES))
    body.append("<h2>How it ran</h2>" + bullets(notes(group, records)))
    return document(f"AVE-Keras benchmark: {group['title']}", "".join(body))


def _results(each, group, records):
    """A table of the paper: its compact form where it has one, bars, all lines, and what goes further."""
    yield f"<h2>{escape(title(each, group))}</h2>"
    if each.columns:
        yield table(matrix_head(each), [([label, *cells], "") for label, cells in matrix(each, records)])
    yield f"<figure>{svg(bars(each, records))}</figure>"
    yield table(head(each), lines(each, records))
    for detail in details(each, records):
        yield f"<h3>{escape(detail.title)}</h3>{table(detail.head, detail.lines)}"
    yield bullets(each.notes)


def _cells(records):
    return table(CELLS, [([show(record) for show in CELLS.values()], "") for record in records])


def _times(value, factor, digits=1):
    return number(None if value is None else factor * value, digits)


def _peak(record, place):
    return record.get("peak_memory", {}).get(place)
