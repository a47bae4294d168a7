"""Reports in LaTeX."""

from benchmarks.reports.content import details, head, lines, matrix, matrix_head, notes, title


def latex(table, group, records):
    """A table and its additional tables in booktabs style; needs `\\usepackage{booktabs}`."""
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
        caption = escape(f"{title(table, group)}: {detail.title}.")
        parts.append(_booktabs(caption, *_without_names(detail.head, detail.lines)))
    return "".join(parts)


def _without_names(head, lines):
    """Head and body without the first column, the zoo's names."""
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
    """Escapes text for LaTeX."""
    special = {"\\": r"\textbackslash{}", "±": r"$\pm$", "Δ": r"$\Delta$", "–": "--", "·": r"$\cdot$", "×": r"$\times$"}
    special |= {c: f"\\{c}" for c in "&%$#_{}"} | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return "".join(special.get(c, c) for c in str(text))
