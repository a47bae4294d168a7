"""Shared by all commands: consoles, the progress bar, errors and exit codes.

Exit codes: 0 for success; 1 if part of the work could not be done, as the output says; 2 for bad input, or a file that
cannot be read or written.
"""

import os
import sys
import warnings
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ave_keras.errors import AVEError

# Wide enough for the widest table, Table 2.
TABLE_WIDTH = 150
#: Writes results to stdout.
console = Console()
#: Writes progress and remarks to stderr, so that the output can be piped.
messages = Console(stderr=True)


def new_app(description: str, **options: Any) -> typer.Typer:
    """A `typer.Typer` that leaves errors to `run`; `options` are passed to Typer."""
    common: dict[str, Any] = {"no_args_is_help": True, "pretty_exceptions_enable": False, "add_completion": False}
    return typer.Typer(help=description, **common, **options)


def run(app: typer.Typer, argv: list[str] | None = None) -> None:
    """Runs an app as a program.

    Bad input and file errors end it with exit code 2 and one line on stderr instead of a stack trace. Warnings are
    printed without their line of code. `AVE_KERAS_DEBUG=1` raises the exceptions instead.

    Args:
        app: The app to run.
        argv: Its arguments; those of the process by default.

    Raises:
        SystemExit: Always, with the exit code.
    """
    formatted, warnings.formatwarning = warnings.formatwarning, lambda message, *_, **__: f"warning: {message}\n"
    try:
        app(argv)
    except BrokenPipeError:
        # The reader, such as `head`, has closed the pipe; Python would report that again on closing stdout.
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
    """An `AVEError` for an error of the operating system."""
    return AVEError(
        "cannot read or write",
        file=error.filename,
        found=error.strerror or " ".join(str(error).split()),
        fix="Free some space, or choose a path that can be read and written",
    )


def progress() -> Progress:
    """A progress bar on stderr."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=messages)


def wide_console() -> Console:
    """A console for wide tables on stdout; Rich would truncate them at the width of the terminal."""
    return Console(width=max(Console().width, TABLE_WIDTH))
