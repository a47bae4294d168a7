"""Arguments and options that several commands take."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from ave_keras.errors import AVEError

Name = Annotated[str, typer.Argument(help="An entry of the zoo; `ave-keras list` names them all.")]
Data = Annotated[Path, typer.Option(help="Folder in the official AVE layout.")]
Protocol = Annotated[str, typer.Option(help="paper, or official: what the released code does differently.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Drop videos with NaN or Inf, and say which.")]
EncoderOption = Annotated[list[str] | None, typer.Option(help="Further option, name=value; repeatable.")]


def encoder_options(weights: str | None, more: Iterable[str] | None) -> dict[str, Any]:
    """`{"weights": …}` and `name=value` texts as a dict; YAML numbers, booleans and lists become such values.

    Raises:
        AVEError: a text that is not `name=value`.
    """
    found = {} if weights is None else {"weights": weights}
    for text in more or []:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise AVEError("not an encoder option", expected="name=value", found=repr(text))
        found[name] = yaml.safe_load(value)
    return found
