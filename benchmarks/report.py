"""Reports: terminal, Markdown, CSV and LaTeX. `page.py` makes the HTML."""

import csv
import io

from rich.table import Table as RichTable

from benchmarks.summary import best, difference, measured, number, rows, trivial

HEAD = ("entry", "model", "paper", "ours", "Δ")


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
    """`(cells of HEAD, kind)` per line: models, then answers without a model; kind is "model" or "trivial"."""
    for row in rows(table, records):
        yield (row.name, row.title, number(row.paper), measured(row), difference(row)), "model"
    for answer, percent in trivial(records).items():
        yield ("", answer, "–", number(percent), "–"), "trivial"


def matrix(table, records):
    """The compact form of a matrix: `[(row label, [(text, bold)])]`."""
    by_name = {row.name: row for row in rows(table, records)}
    result = []
    for suffix, label in table.rows.items():
        found = [by_name.get(table.cell(prefix, suffix)) for prefix in table.columns]
        top = best([row.mean if row else None for row in found], table.highlight)
        texts = [_pair(row) if row else "–" for row in found]
        result.append((label, [(text, i in top) for i, text in enumerate(texts)]))
    return result


def _pair(row):
    return "–" if not row.values else f"{number(row.mean)}±{number(row.std)}"


def terminal(table, group, records):
    """Rich tables: the matrix where there is one, and the list."""
    listed = RichTable(
        *HEAD, title=title(table, group), caption="\n".join(notes(group, records)), caption_justify="left"
    )
    for cells, kind in lines(table, records):
        listed.add_row(*cells, style="dim" if kind == "trivial" else None)
    if not table.columns:
        return [listed]
    compact = RichTable("", *table.columns.values(), title=title(table, group))
    for label, cells in matrix(table, records):
        compact.add_row(label, *(f"[bold]{text}[/bold]" if bold else text for text, bold in cells))
    return [listed, compact]


def markdown(table, group, records):
    """GitHub's tables."""
    parts = [f"### {title(table, group)}", ""]
    parts += markdown_lines(HEAD, [cells for cells, _ in lines(table, records)])
    if table.columns:
        body = [(label, *(f"**{t}**" if bold else t for t, bold in cells)) for label, cells in matrix(table, records)]
        parts += ["", *markdown_lines(("", *table.columns.values()), body)]
    parts += ["", *(f"- {note}" for note in notes(group, records)), ""]
    return "\n".join(parts)


def markdown_lines(head, body):
    """A table of GitHub's Markdown, line by line."""

    def line(cells):
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    return [line(head), "|" + "---|" * len(head), *map(line, body)]


def comma_separated(table, group, records):
    """One line per model with full precision, for other programs."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    head = [
        "table",
        "entry",
        "model",
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
    writer.writerow(head)
    for row in rows(table, records):
        ours = [row.mean, row.std, len(row.values)]
        where = [data_name(group), group["protocol"], group["profile"], group["backend"], row.device]
        writer.writerow([table.table, row.name, row.title, row.paper, *ours, *where])
    for answer, percent in trivial(records).items():
        writer.writerow([table.table, "", answer, "", percent, "", "", data_name(group), *[""] * 4])
    return text.getvalue()


def latex(table, group, records):
    """A booktabs table; needs `\\usepackage{booktabs}`."""
    if table.columns:
        head = ["", *table.columns.values()]
        body = [
            [escape(label), *(rf"\textbf{{{escape(t)}}}" if bold else escape(t) for t, bold in cells)]
            for label, cells in matrix(table, records)
        ]
    else:
        head = ["Model", "Paper", "Ours", "$\\Delta$"]
        body = [list(map(escape, cells[1:])) for cells, _ in lines(table, records)]
    spec = "l" + "c" * (len(head) - 1)
    caption = " ".join([escape(title(table, group)) + ".", *(escape(note) + "." for note in notes(group, records))])
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
