"""Arguments and options that several commands share."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from ave_keras.data.targets import check_class_weight
from ave_keras.errors import AVEError

Name = Annotated[str, typer.Argument(help="An entry of the zoo; `ave-keras list` shows all names.")]
Data = Annotated[Path, typer.Option(help="Folder in the official AVE layout.")]
Protocol = Annotated[str, typer.Option(help="paper; or official, to train as the released code does.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Drop videos with NaN or Inf features, and list them.")]
EncoderOption = Annotated[list[str] | None, typer.Option(help="Further encoder option as name=value; repeatable.")]
DownmixOption = Annotated[
    str, typer.Option(help="How several channels of sound become one: mean, left, right or loudest.")
]

ClassWeight = Annotated[
    str | None,
    typer.Option(
        "--class-weight",
        help="Weight the loss by class: balanced, or weights such as '{Bark: 2, Background: 0.5}'.",
        show_default="none",
    ),
]


def class_weight_option(text: str | None) -> str | dict[str, float] | None:
    """The class weights of the option `--class-weight`, as a recipe takes them; a mapping is parsed as YAML.

    Raises:
        AVEError: Neither "balanced" nor a mapping of classes to numbers of at least 0.
    """
    try:
        weights = None if text is None else yaml.safe_load(text)
    except yaml.YAMLError:
        weights = text
    if text is not None and not weights:
        weights = text
    check_class_weight(weights)
    return weights


def encoder_options(weights: str | None, more: Iterable[str] | None) -> dict[str, Any]:
    """Encoder options as a dict; values are parsed as YAML.

    Args:
        weights: The value of the option `weights`, or None to leave it out.
        more: Further options as `name=value`.

    Raises:
        AVEError: An option that is not `name=value`.
    """
    found = {} if weights is None else {"weights": weights}
    for text in more or []:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise AVEError("invalid encoder option", expected="name=value", found=repr(text))
        found[name] = yaml.safe_load(value)
    return found
