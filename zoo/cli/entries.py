"""`ave-keras list | card`: the entries of the zoo."""

from typing import Annotated

import typer
from rich.table import Table

from ave_keras.errors import AVEError
from zoo import registry
from zoo.card import card as print_card
from zoo.cli.options import Name, Protocol
from zoo.cli.terminal import console


def list_entries(
    pattern: Annotated[str, typer.Argument(help="Glob pattern of names, quoted, such as 'w_*'.")] = "*",
    family: Annotated[str | None, typer.Option(help="List this family only.")] = None,
) -> None:
    """List the models of the zoo with the paper's figures.

    Example: ave-keras list 'w_*'
    """
    table = Table("entry", "paper", "task", "inputs", "parameters", "paper's %")
    for name in registry.names(pattern, family):
        entry = registry.entry(name)
        inputs, parameters = " + ".join(entry.modalities), f"{entry.parameters:,}"
        table.add_row(name, entry.title, entry.task, inputs, parameters, _paper_figures(entry.paper))
    if not table.row_count:
        raise AVEError("no entry matches", expected=f"one of {registry.names()}", found=f"{pattern!r}, family {family}")
    console.print(table)


def card(name: Name, protocol: Protocol = "paper") -> None:
    """Print the card of an entry: parts, size, recipe, the paper's figures and measured ones.

    Example: ave-keras card av_att
    """
    print_card(name, protocol)


def _paper_figures(paper):
    """Such as `72.7` or `A2V 44.8, V2A 35.6`; a dash if the paper has none."""
    both = ", ".join(f"{key.upper()} {paper[key]}" for key in ("a2v", "v2a") if key in paper)
    return both or str(paper.get("accuracy", "–"))
