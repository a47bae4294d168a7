"""Reports: terminal, Markdown, CSV and LaTeX. `page.py` makes the HTML."""

import csv
import io
from statistics import fmean
from typing import NamedTuple

from rich.table import Table as RichTable

from benchmarks.summary import Row, best, difference, expand, measured, metrics, number, rows, trivial


class Detail(NamedTuple):
    """A further table of ours alone: `title`, `head`, and `lines` of `(cells, kind)`."""

    title: str
    head: tuple
    lines: list


def head(table):
    """The columns of a table: each of its metrics as the paper has it, as we do, and the difference."""
    columns = (f"{label} {column}".strip() for label in table.metrics.values() for column in ("paper", "ours", "Δ"))
    return ("entry", "model", *columns)


def title(table, group):
    """What a table says above itself; where the data are not the AVE data set, it says so."""
    return f"Table {table.table} · {table.title} · {data_title(group)}"


def data_title(group):
    """What was run on what."""
    return f"{data_name(group)}, {protocol(group)}"


def data_name(group):
    """The data set as a title has it."""
    return group["title"] if group["title"] == "AVE" else f"{group['title']} (not the AVE data set)"


def protocol(group):
    """`paper protocol, quick profile (epochs 20, batch_size 32)`."""
    recipe = ", ".join(f"{key} {value}" for key, value in group["recipe"].items())
    return f"{group['protocol']} protocol, {group['profile']} profile" + (f" ({recipe})" if recipe else "")


def notes(group, records):
    """The lines below a table."""
    lines = ["ours: mean ± sample standard deviation over seeds (number of seeds), epoch chosen on validation only"]
    if group["title"] != "AVE":
        lines.append("the paper's figures, and so Δ, are of the AVE data set: nothing here reproduces them")
    if group["bad_rows"]:
        lines.append(f"{len(group['bad_rows'])} videos dropped for NaN or Inf: rows {group['bad_rows']}")
    versions = sorted({f"keras {r['versions']['keras']}" for r in records})
    commits = sorted({r["commit"] for r in records if r["commit"]})
    ran = sorted({f"{r['device']} with {r['threads']} threads" for r in records})
    lines.append(f"{group['backend']}, {', '.join(versions)}, {', '.join(ran)}; commit {', '.join(commits) or '–'}")
    lines.append(f"data sha256 {group['sha256'][:16]}")
    return lines


def lines(table, records):
    """`(cells of head, kind)` per line: models, then answers without a model; kind is "model" or "trivial"."""
    return _lines(
        table,
        records,
        table.metrics,
        lambda row: (number(row.paper), measured(row), difference(row)),
        lambda percent: ("–", number(percent), "–"),
    )


def details(table, records):
    """The further tables of `table` for which the records have figures, as `Detail`s."""
    for title, keys in _details(table, records):
        found = _lines(table, records, keys, lambda row: (measured(row),), lambda percent: (number(percent),))
        known = [(cells, kind) for cells, kind in found if set(cells[2:]) != {"–"}]
        yield Detail(title, ("entry", "model", *keys.values()), known)


def _details(table, records):
    """`(title, {key: label})` of the details of which some record has a figure."""
    present = {key for record in records for key in metrics(record)}
    for detail in table.details:
        keys = expand(detail["metrics"], records)
        if present & set(keys):
            yield detail["title"], keys


def _lines(table, records, keys, of_model, of_answer):
    by_metric = [rows(table, records, key) for key in keys]
    for row in zip(*by_metric, strict=True):
        yield (row[0].name, row[0].title, *(cell for figure in row for cell in of_model(figure))), "model"
    answers = [trivial(records, key) for key in keys]
    for name in dict.fromkeys(name for found in answers for name in found):
        cells = (cell for found in answers for cell in of_answer(found.get(name)))
        yield ("", name, *cells), "trivial"


def matrix_head(table):
    """The labels over the cells of `matrix`."""
    return ["", *table.columns.values(), "mean"]


def matrix(table, records):
    """The compact form of a matrix: `[(row label, [(text, bold)])]`.

    Last in a row stands its mean over the columns that all rows have, so that rows compare.
    """
    by_name = {row.name: row for row in rows(table, records)}
    result = []
    for suffix, label in table.rows.items():
        found = [by_name.get(table.cell(prefix, suffix)) for prefix in table.columns]
        top = best([row.mean if row else None for row in found], table.highlight)
        texts = [_pair(row) if row else "–" for row in found]
        whole = [by_name.get(table.cell(column, suffix)) for column in table.columns if _in_all_rows(table, column)]
        cells = [(text, i in top) for i, text in enumerate(texts)]
        result.append((label, [*cells, (_pair(_mean(whole)), False)]))
    return result


def _in_all_rows(table, column):
    return all(table.cell(column, suffix) for suffix in table.rows)


def _mean(rows):
    """A `Row` of the means over models, seed by seed; without values where a cell is missing."""
    same = len({len(row.values) for row in rows}) == 1
    return Row("", "", None, tuple(map(fmean, zip(*(row.values for row in rows), strict=True))) if same else ())


def _pair(row):
    return "–" if not row.values else f"{number(row.mean)}±{number(row.std)}"


def terminal(table, group, records):
    """Rich tables: the matrix where there is one, and the list."""
    caption = "\n".join([*table.notes, *notes(group, records)])
    further = [_rich(*detail) for detail in details(table, records)]
    listed = _rich(title(table, group), head(table), lines(table, records), caption=caption, caption_justify="left")
    if not table.columns:
        return [*further, listed]
    compact = RichTable(*matrix_head(table), title=title(table, group))
    for label, cells in matrix(table, records):
        compact.add_row(label, *(f"[bold]{text}[/bold]" if bold else text for text, bold in cells))
    return [*further, listed, compact]


def _rich(title, head, lines, **options):
    made = RichTable(*head, title=title, **options)
    for cells, kind in lines:
        made.add_row(*cells, style="dim" if kind == "trivial" else None)
    return made


def markdown(table, group, records):
    """GitHub's tables."""
    parts = [f"### {title(table, group)}", ""]
    parts += markdown_lines(head(table), [cells for cells, _ in lines(table, records)])
    for detail in details(table, records):
        parts += ["", detail.title, "", *markdown_lines(detail.head, [cells for cells, _ in detail.lines])]
    if table.columns:
        body = [(label, *(f"**{t}**" if bold else t for t, bold in cells)) for label, cells in matrix(table, records)]
        parts += ["", *markdown_lines(matrix_head(table), body)]
    parts += ["", *(f"- {note}" for note in (*table.notes, *notes(group, records))), ""]
    return "\n".join(parts)


def markdown_lines(head, body):
    """A table of GitHub's Markdown, line by line."""

    def line(cells):
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    return [line(head), "|" + "---|" * len(head), *map(line, body)]


def comma_separated(table, group, records):
    """One line per model, and per metric where there are several, with full precision, for other programs."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    keys = {**table.metrics, **{key: key for _, found in _details(table, records) for key in found}}
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
    ]
    writer.writerow(columns)
    for key in keys:
        metric = [key] if several else []
        for row in rows(table, records, key):
            if key not in table.metrics and not row.values:
                continue
            ours = [row.mean, row.std, len(row.values)]
            where = [data_name(group), group["protocol"], group["profile"], group["backend"], row.device]
            writer.writerow([table.table, row.name, row.title, *metric, row.paper, *ours, *where])
        for answer, percent in trivial(records, key).items():
            writer.writerow([table.table, "", answer, *metric, "", percent, "", "", data_name(group), *[""] * 4])
    return text.getvalue()


def latex(table, group, records):
    """A booktabs table; needs `\\usepackage{booktabs}`."""
    caption = " ".join(escape(part) + "." for part in (title(table, group), *table.notes, *notes(group, records)))
    if table.columns:
        body = [
            [escape(label), *(rf"\textbf{{{escape(t)}}}" if bold else escape(t) for t, bold in cells)]
            for label, cells in matrix(table, records)
        ]
        parts = [_booktabs(caption, matrix_head(table), body)]
    else:
        parts = [_booktabs(caption, *_without_names(head(table), lines(table, records)))]
    for detail in details(table, records):
        named = escape(f"{title(table, group)}: {detail.title}.")
        parts.append(_booktabs(named, *_without_names(detail.head, detail.lines)))
    return "".join(parts)


def _without_names(head, lines):
    """The table without the zoo's names, which papers do not print."""
    return [escape(c[:1].upper() + c[1:]) for c in head[1:]], [list(map(escape, cells[1:])) for cells, _ in lines]


def _booktabs(caption, head, body):
    spec = "l" + "c" * (len(head) - 1)
    return "\n".join(
        [
            r"\begin{table}",
            rf"\caption{{{caption}}}",
            rf"\begin{{tabular}}{{{spec}}}",
            r"\toprule",
            " & ".join(head) + r" \\",
            r"\midrule",
            *(" & ".join(cells) + r" \\" for cells in body),
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def escape(text):
    """Text that LaTeX prints as it is."""
    special = {"\\": r"\textbackslash{}", "±": r"$\pm$", "Δ": r"$\Delta$", "–": "--", "·": r"$\cdot$", "×": r"$\times$"}
    special |= {c: f"\\{c}" for c in "&%$#_{}"} | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return "".join(special.get(c, c) for c in str(text))
