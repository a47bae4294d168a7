"""Reports in GitHub-flavored Markdown."""

from benchmarks.reports.content import details, head, lines, matrix, matrix_head, notes, title


def markdown(table, group, records):
    """A table with its additional tables and notes."""
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
    """The lines of a Markdown table."""

    def line(cells):
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    return [line(head), "|" + "---|" * len(head), *map(line, body)]
