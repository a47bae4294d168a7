"""The command line, called as a program calls it."""

import pytest

from zoo.cli import terminal
from zoo.cli.app import app
from zoo.cli.terminal import run


@pytest.fixture
def call(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(terminal.console, "_width", 200, raising=False)

    def call(*args):
        with pytest.raises(SystemExit) as stop:
            run(app, [str(arg) for arg in args])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return stop.value.code or 0, printed.out, printed.err

    return call
