from rich.table import Table

from benchmarks.grid.tables import tables
from zoo.cli.terminal import wide_console


def test_the_widest_table_is_not_cut(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    widest = tables()["2"]
    shown = Table(*widest.columns.values(), "mean")
    shown.add_row(*["91.7±0.1"] * (len(widest.columns) + 1))
    wide_console().print(shown)
    printed = capsys.readouterr().out
    assert printed.count("91.7±0.1") == len(widest.columns) + 1 and "…" not in printed
