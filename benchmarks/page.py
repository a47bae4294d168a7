"""The HTML report: one file that needs nothing else, with tables, bars against the paper and training curves."""

import io
from html import escape

from matplotlib.figure import Figure

from benchmarks.report import details, head, lines, matrix, notes, title
from benchmarks.summary import rows, score_key

STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 } td, th { padding: .25rem .8rem; border-bottom: 1px solid #8884 }
td + td + td, th + th + th { text-align: right } .trivial { opacity: .65 } .scroll { overflow-x: auto }
figure { margin: 1rem 0; background: #fff; padding: .5rem; border-radius: .5rem } svg { width: 100%; height: auto }
footer, li { font-size: .85rem; opacity: .8 } summary { cursor: pointer }
"""


def page(tables, group, records):
    """The report as one HTML text.

    Args:
        tables: `tables.Table`s, of which some entry has run.
        group: what the records have in common.
        records: of the finished cells.
    """
    name = escape(f"AVE-Keras benchmark: {group['title']}")
    body = [f"<h1>{name}</h1>"]
    for table in tables:
        body.append(f"<h2>{escape(title(table, group))}</h2>")
        if table.columns:
            marked = [[label, *cells] for label, cells in matrix(table, records)]
            body.append(_table(["", *table.columns.values()], [(row, "") for row in marked]))
        body.append(f"<figure>{_svg(bars(table, records))}</figure>")
        body.append(_table(head(table), lines(table, records)))
        for detail in details(table, records):
            body.append(f"<h3>{escape(detail.title)}</h3>{_table(detail.head, detail.lines)}")
        body.append(_list(table.notes))
    body.append(f"<h2>Training curves</h2><figure>{_svg(curves(records))}</figure>")
    body.append(_list(notes(group, records)))
    body.append("<details><summary>All cells</summary>" + _cells(records) + "</details>")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body>{''.join(body)}</body></html>\n"
    )


def bars(table, records):
    """Ours with its standard deviation beside the paper's figure."""
    # A model's metrics stand side by side, in bars that share its place.
    found = [
        (f"{row.title} {label}".strip(), row)
        for by_metric in zip(*(rows(table, records, metric) for metric in table.metrics), strict=True)
        for label, row in zip(table.metrics.values(), by_metric, strict=True)
    ]
    figure = Figure(figsize=(max(7, 0.45 * len(found)), 3.6), layout="constrained")
    axes = figure.add_subplot()
    x = range(len(found))
    means, errors = [row.mean or 0 for _, row in found], [row.std or 0 for _, row in found]
    axes.bar(x, means, yerr=errors, capsize=3, color="#4477aa")
    known = [(i, row.paper) for i, (_, row) in enumerate(found) if row.paper is not None]
    axes.scatter(*zip(*known, strict=True), marker="_", s=220, color="#cc3311", zorder=3) if known else None
    axes.set_xticks(list(x), [name for name, _ in found], rotation=45, ha="right")
    axes.set(ylabel=table.metric, ylim=(0, 100), title="bars: ours ± std; red: the paper, on AVE")
    return figure


def curves(records):
    """Validation accuracy and training loss over epochs, one line per cell, one colour per entry."""
    names = list(dict.fromkeys(record["entry"]["name"] for record in records))
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    keys = []
    for record in records:
        name = record["entry"]["name"]
        color = f"C{names.index(name) % 10}"
        style = ["-", "--", ":", "-."][names.index(name) // 10 % 4]
        first = record is next(r for r in records if r["entry"]["name"] == name)
        keys.append(score_key(record["history"][-1] if record["history"] else {}))
        for axes, key in ((left, "loss"), (right, keys[-1])):
            points = [(i + 1, logs[key]) for i, logs in enumerate(record["history"]) if key in logs]
            if points:
                axes.plot(*zip(*points, strict=True), color=color, ls=style, lw=1, label=name if first else None)
    # A negated correlation has no logarithm.
    negative = any(logs.get("loss", 1) <= 0 for record in records for logs in record["history"])
    left.set(xlabel="epoch", ylabel="training loss", yscale="linear" if negative else "log")
    kinds = {"exact match" if key.endswith("exact_match") else "segment accuracy" for key in filter(None, keys)}
    kinds = " or ".join(sorted(kinds, reverse=True)) or "segment accuracy"
    right.set(xlabel="epoch", ylabel=f"validation {kinds}")
    figure.legend(
        *right.get_legend_handles_labels(), loc="outside right upper", fontsize="small", ncols=1 + len(names) // 14
    )
    return figure


def _list(notes):
    return "<ul>" + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>" if notes else ""


def _svg(figure):
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    svg = text.getvalue()
    return svg[svg.index("<svg") :]


def _table(head, body):
    def cell(content):
        content, bold = content if isinstance(content, tuple) else (content, False)
        return f"<td><b>{escape(content)}</b></td>" if bold else f"<td>{escape(str(content))}</td>"

    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    parts = (f'<tr class="{kind}">{"".join(map(cell, cells))}</tr>' for cells, kind in body)
    return f'<div class="scroll"><table><tr>{top}</tr>{"".join(parts)}</table></div>'


def _cells(records):
    head = ("entry", "seed", "val %", "test %", "best epoch", "seconds", "parameters", "device", "finished")
    body = [
        (
            record["entry"]["name"],
            record["cell"]["seed"],
            f"{100 * record['val_accuracy']:.1f}" if record["val_accuracy"] is not None else "–",
            f"{100 * record['test_accuracy']:.1f}",
            "–" if record["best_epoch"] is None else record["best_epoch"] + 1,
            f"{record['seconds']:.0f}",
            f"{record['parameters']:,}",
            record["device"],
            record["finished"],
        )
        for record in records
    ]
    return _table(head, [(row, "") for row in body])
