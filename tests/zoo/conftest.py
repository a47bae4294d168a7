"""The command line, called as a program calls it."""

import pytest

from ave_keras.cli import run
from zoo import cli


@pytest.fixture
def call(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(cli.console, "_width", 200, raising=False)

    def call(*args):
        with pytest.raises(SystemExit) as stop:
            run(cli.app, [str(arg) for arg in args])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return stop.value.code or 0, printed.out, printed.err

    return call
