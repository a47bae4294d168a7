"""The paper's tables: which entries make which."""

import difflib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

import zoo
from ave_keras.errors import AVEError

FOLDER = Path(__file__).parent / "tables"


@dataclass(frozen=True)
class Table:
    """A table of the paper.

    Attributes:
        table: its name, `"1"`.
        title: what it compares.
        metric: what its numbers are.
        metrics: `{key: label}` of the numbers of an entry; the paper's stand in the entry under the same keys.
        details: further tables of ours alone, `{"title", "metrics"}` each; `*` in a key stands for all that there are.
        notes: lines that explain the numbers.
        entries: the zoo's names, in the order of the paper.
        columns: `{prefix: label}` of a matrix, whose cells are the entries `{column}_{row}`; empty for a list.
        rows: `{suffix: label}` of a matrix.
        highlight: how many of each row are bold.
    """

    table: str
    title: str
    metric: str
    entries: tuple = ()
    metrics: dict = field(default_factory=lambda: {"accuracy": ""})
    details: tuple = ()
    notes: tuple = ()
    columns: dict = field(default_factory=dict)
    rows: dict = field(default_factory=dict)
    highlight: int = 0

    def cell(self, column, row):
        """The name of the entry in a cell of a matrix, or None."""
        name = f"{column}_{row}"
        return name if name in self.entries else None


@cache
def tables():
    """All tables, `{name: Table}`."""
    found = {}
    for file in sorted(FOLDER.glob("*.yaml")):
        values = yaml.safe_load(file.read_text())
        if "columns" in values:
            names = (f"{column}_{row}" for row in values["rows"] for column in values["columns"])
            values["entries"] = [name for name in names if name in zoo.list()]
        try:
            table = Table(**{**values, "entries": tuple(values["entries"])})
        except (TypeError, KeyError) as error:
            raise AVEError("bad table", file=file.name, found=error) from error
        found[table.table] = table
    return dict(sorted(found.items()))


def choose_tables(text):
    """The tables named in a text such as `"1,2"`, or `"all"` of them.

    Raises:
        AVEError: no such table; the nearest are suggested.
    """
    chosen = []
    for name in tables() if text == "all" else text.split(","):
        if name not in tables():
            near = difflib.get_close_matches(name, tables(), n=1, cutoff=0.3)
            expected = f"one of {', '.join(tables())}"
            fix = f"Nearest: {near[0]}" if near else None
            raise AVEError("no such table", key="--tables", expected=expected, found=repr(name), fix=fix)
        chosen.append(tables()[name])
    return chosen
