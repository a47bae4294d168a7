"""Reports in the terminal."""

from rich.table import Table

from benchmarks.reports.content import details, head, lines, matrix, matrix_head, notes, title


def terminal(table, group, records):
    """Rich tables: the matrix where there is one, and the list."""
    caption = "\n".join([*table.notes, *notes(group, records)])
    further = [_rich(*detail) for detail in details(table, records)]
    listed = _rich(title(table, group), head(table), lines(table, records), caption=caption, caption_justify="left")
    if not table.columns:
        return [*further, listed]
    compact = Table(*matrix_head(table), title=title(table, group))
    for label, cells in matrix(table, records):
        compact.add_row(label, *(f"[bold]{text}[/bold]" if bold else text for text, bold in cells))
    return [*further, listed, compact]


def _rich(title, head, lines, **options):
    made = Table(*head, title=title, **options)
    for cells, kind in lines:
        made.add_row(*cells, style="dim" if kind == "trivial" else None)
    return made
