from pathlib import Path

import numpy as np
from rich.table import Table

from ave_keras.localization import Localization
from benchmarks.grid.tables import tables
from zoo.cli import terminal
from zoo.cli.localize import _table
from zoo.cli.terminal import wide_console


def test_the_widest_table_is_not_cut(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    widest = tables()["2"]
    shown = Table(*widest.columns.values(), "mean")
    shown.add_row(*["91.7±0.1"] * (len(widest.columns) + 1))
    wide_console().print(shown)
    printed = capsys.readouterr().out
    assert printed.count("91.7±0.1") == len(widest.columns) + 1 and "…" not in printed


def test_class_names_are_no_markup():
    probabilities = np.eye(3)[[0, 1]]
    found = Localization(
        Path("film.mp4"), ("[b]Bark", "<b>Me|ow*", "Background"), probabilities, truth=("[b]Bark",) * 2
    )
    with terminal.console.capture() as printed:
        terminal.console.print(_table(found))
    assert printed.get().count("[b]Bark") == 3 and "<b>Me|ow*" in printed.get()
