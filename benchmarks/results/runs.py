"""Finds the stored cells that the name of a run refers to, and pairs the cells of two runs."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import zoo
from ave_keras.errors import AVEError
from ave_keras.runtime.backend import BACKENDS
from benchmarks.results.summary import data_name
from zoo.registry import PROTOCOLS

# Two runs must agree on these, besides data and seeds, unless both names fix them.
CONTEXT = ("protocol", "backend", "profile", "recipe")


@dataclass(frozen=True)
class Run:
    """The stored cells that a name refers to.

    Attributes:
        name: The name as the user typed it.
        records: The records of the cells.
        fixed: The settings that the name fixes: "protocol", "backend", or both; also "cell" for a single cell.
    """

    name: str
    records: tuple
    fixed: frozenset


def find(records: dict[str, dict], name: str) -> Run:
    """The `Run` that `name` refers to.

    `av_att` is an entry; `av_att@official`, `av_att@jax` and `av_att@official@jax` restrict it to a protocol, a backend
    or both. 16 hexadecimal digits are the key of a cell, and a path that ends in `.json` is the file of one.

    Args:
        records: The stored cells, `{key: record}`.
        name: The name of the run.

    Raises:
        AVEError: The entry, protocol, backend or cell is unknown, or has no stored results.
    """
    if name.endswith(".json"):
        return Run(name, (_read(name),), frozenset({"cell", "protocol", "backend"}))
    if re.fullmatch("[0-9a-f]{16}", name):
        if name not in records:
            raise AVEError("cell not found", key=name, fix="List keys with: python -m benchmarks run --dry-run")
        return Run(name, (records[name],), frozenset({"cell", "protocol", "backend"}))
    entry, *parts = name.split("@")
    fixed = dict(_setting(part) for part in parts)
    canonical = zoo.entry(entry).name
    own = [r for r in records.values() if r["entry"]["name"] == canonical]
    matching = tuple(r for r in own if all(r["cell"][key] == value for key, value in fixed.items()))
    if not matching:
        raise AVEError(f"no finished cell of '{name}'", fix="Run it first: python -m benchmarks run --entries …")
    return Run(name, matching, frozenset(fixed))


def pairs(first: Run, second: Run) -> list[tuple[str, list[dict], list[dict]]]:
    """Pairs the cells of two runs by seed.

    Cells of a pair have the same data and settings, except for settings that both names fix. Two single cells always
    form a pair.

    Returns:
        List of `(title, records of the first, records of the second)`.

    Raises:
        AVEError: The runs have no seed in common with the same data and settings.
    """
    fixed = first.fixed & second.fixed
    shared = [] if "cell" in fixed else [key for key in CONTEXT if key not in fixed]
    cells_1, cells_2 = (_by_context(run, shared) for run in (first, second))
    result = []
    for context in cells_1.keys() & cells_2.keys():
        if shared:
            seeds = sorted(cells_1[context].keys() & cells_2[context].keys())
            sides = [[cells[context][seed] for seed in seeds] for cells in (cells_1, cells_2)]
        else:
            sides = [list(cells[context].values()) for cells in (cells_1, cells_2)]
        if sides[0]:
            result.append((_title(sides[0][0], sides[1][0]), sides[0], sides[1]))
    if not result:
        raise AVEError(
            f"'{first.name}' and '{second.name}' have no seed in common with the same data and settings",
            fix="Run both with the same --data, --seeds, --profile and --epochs",
        )
    return sorted(result, key=lambda pair: (-len(pair[1]), pair[0]))


def _setting(part):
    """`("protocol", part)` or `("backend", part)`."""
    for key, names in (("protocol", PROTOCOLS), ("backend", BACKENDS)):
        if part in names:
            return key, part
    raise AVEError("unknown protocol or backend", expected=f"one of {(*PROTOCOLS, *BACKENDS)}", found=repr(part))


def _read(path):
    try:
        record = json.loads(Path(path).read_text())
        record["cell"]["seed"], record["test"]["rows"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise AVEError("not a cell's JSON file", file=path, found=type(error).__name__) from error
    return record


def _by_context(run, shared):
    """`{data and shared settings: {seed: record}}`."""
    cells = {}
    for record in run.records:
        cell = record["cell"]
        context = [cell["data"]["sha256"], cell["data"]["bad_rows"], *(cell[key] for key in shared)]
        cells.setdefault(json.dumps(context, sort_keys=True), {})[cell["seed"]] = record
    return cells


def _title(first, second):
    """The data set, and the settings that both cells share."""
    one, other = first["cell"], second["cell"]
    words = {"protocol": "{} protocol", "profile": "{} profile", "backend": "{}"}
    same = [text.format(one[key]) for key, text in words.items() if one[key] == other[key]]
    if one["recipe"] == other["recipe"]:
        same += [f"{key} {value}" for key, value in one["recipe"].items()]
    return ", ".join([data_name(one["data"]), *same])
