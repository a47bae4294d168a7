"""The paper's tables, and the entries of each."""

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
        table: The name of the table, such as `"1"`.
        title: What the table compares.
        metric: The name and unit of the numbers.
        entries: The names of the entries, in the order of the paper.
        metrics: The numbers of an entry, `{key: label}`; the zoo's entries store the paper's figures under these keys.
        details: Additional tables with our results only, `{"title", "metrics"}` each; `*` in a key matches any number.
        notes: Lines that explain the numbers.
        columns: The columns of a matrix, `{prefix: label}`, with the entries `{column}_{row}` as cells; else empty.
        rows: The rows of a matrix, `{suffix: label}`.
        highlight: The number of bold figures per row of a matrix.
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
        """The name of the entry in a cell of the matrix, or None if there is none."""
        name = f"{column}_{row}"
        return name if name in self.entries else None


@cache
def tables():
    """All tables, `{name: Table}`."""
    result = {}
    for file in sorted(FOLDER.glob("*.yaml")):
        values = yaml.safe_load(file.read_text())
        if "columns" in values:
            names = (f"{column}_{row}" for row in values["rows"] for column in values["columns"])
            values["entries"] = [name for name in names if name in zoo.list()]
        try:
            table = Table(**{**values, "entries": tuple(values["entries"])})
        except (TypeError, KeyError) as error:
            raise AVEError("invalid table", file=file.name, found=error) from error
        result[table.table] = table
    return dict(sorted(result.items()))


def choose_tables(text):
    """The tables that a text such as `"1,2"` or `"all"` selects.

    Raises:
        AVEError: A table is unknown; the error suggests the nearest one.
    """
    chosen = []
    for name in tables() if text == "all" else text.split(","):
        if name not in tables():
            near = difflib.get_close_matches(name, tables(), n=1, cutoff=0.3)
            expected = f"one of {', '.join(tables())}"
            fix = f"Nearest: {near[0]}" if near else None
            raise AVEError("unknown table", key="--tables", expected=expected, found=repr(name), fix=fix)
        chosen.append(tables()[name])
    return chosen
