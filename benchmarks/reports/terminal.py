"""Reports for the terminal."""

from rich.table import Table

from benchmarks.reports.content import details, head, lines, matrix, matrix_head, notes, title


def terminal(table, group, records):
    """A table as Rich tables: the additional tables, the list, and the matrix if there is one."""
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
    table = Table(*head, title=title, **options)
    for cells, kind in lines:
        table.add_row(*cells, style="dim" if kind == "trivial" else None)
    return table
