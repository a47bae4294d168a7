"""What every command shares: consoles, the progress bar, errors and exit codes.

0 is success; 1 says that something is left undone, which the output names; 2 is bad input, or a file that cannot be
read or written.
"""

import os
import sys
import warnings
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ave_keras.errors import AVEError

# Columns that every table of ours fits into.
TABLE_WIDTH = 150
#: On stdout: what a command was asked for.
console = Console()
#: On stderr: progress and remarks, so that the output can be piped.
messages = Console(stderr=True)


def new_app(description: str, **options: Any) -> typer.Typer:
    """A `typer.Typer` whose errors are left to `run`; `options` are further ones of Typer."""
    common: dict[str, Any] = {"no_args_is_help": True, "pretty_exceptions_enable": False, "add_completion": False}
    return typer.Typer(help=description, **common, **options)


def run(app: typer.Typer, argv: list[str] | None = None) -> None:
    """Runs a typer app as a program.

    Bad input and trouble with files end it with status 2 and a message on stderr instead of a stack trace; warnings are
    told without the line of code they come from. `AVE_KERAS_DEBUG=1` lets the exception through.

    Args:
        app: a `typer.Typer`.
        argv: its arguments; those of the process, if not given.

    Raises:
        SystemExit: always, with the status.
    """
    formatted, warnings.formatwarning = warnings.formatwarning, lambda message, *_, **__: f"warning: {message}\n"
    try:
        app(argv)
    except BrokenPipeError:
        # The reader, `head` perhaps, has seen enough; Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except (AVEError, OSError) as error:
        if os.environ.get("AVE_KERAS_DEBUG"):
            raise
        print(f"error: {error if isinstance(error, AVEError) else _of_system(error)}", file=sys.stderr)
        raise SystemExit(2) from None
    finally:
        warnings.formatwarning = formatted


def _of_system(error):
    """What the system says of a file, in the form of all errors."""
    return AVEError(
        "cannot read or write",
        file=error.filename,
        found=error.strerror or " ".join(str(error).split()),
        fix="Make room, or name a place that can be read and written",
    )


def progress() -> Progress:
    """A progress bar on stderr, so that output can be piped."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=Console(stderr=True))


def wide_console() -> Console:
    """On stdout, for tables of many figures: Rich would cut them off where they are wider than the terminal."""
    return Console(width=max(Console().width, TABLE_WIDTH))
