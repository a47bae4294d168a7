"""`ave-keras data`: its commands put together."""

from collections.abc import Callable

import typer

from zoo.cli.data.films import compose
from zoo.cli.data.info import info
from zoo.cli.data.own import convert, import_features
from zoo.cli.data.writing import pack, synth

app = typer.Typer(help="Data sets in the official AVE layout.", no_args_is_help=True)
COMMANDS: dict[str, Callable[..., None]] = {
    "info": info,
    "pack": pack,
    "synth": synth,
    "compose": compose,
    "import": import_features,
    "convert": convert,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
