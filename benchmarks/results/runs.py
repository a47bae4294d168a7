"""Which stored cells a run's name means, and which of two runs' cells may be compared."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import zoo
from ave_keras.errors import AVEError
from ave_keras.runtime.backend import BACKENDS
from benchmarks.results.summary import data_name
from zoo.registry import PROTOCOLS

# What two runs must have in common, beside data and seeds, unless both names say otherwise.
CONTEXT = ("protocol", "backend", "profile", "recipe")


@dataclass(frozen=True)
class Run:
    """Some stored cells under one name.

    Attributes:
        name: as it was given.
        records: the cells.
        fixed: what the name says of them, of "protocol" and "backend"; "cell" where it is a single one.
    """

    name: str
    records: tuple
    fixed: frozenset


def find(records, name):
    """The cells that `name` means.

    `av_att` is an entry; `av_att@official`, `av_att@jax` and `av_att@official@jax` say more of it; 16 hexadecimal
    digits are the key of one cell, and a path that ends in `.json` is the file of one.

    Args:
        records: `{key: record}`.
        name: of the run.

    Raises:
        AVEError: no such entry, protocol or backend; nothing of it is stored.
    """
    if name.endswith(".json"):
        return Run(name, (_read(name),), frozenset({"cell", "protocol", "backend"}))
    if re.fullmatch("[0-9a-f]{16}", name):
        if name not in records:
            raise AVEError("no such cell", key=name, fix="python -m benchmarks run --dry-run lists keys")
        return Run(name, (records[name],), frozenset({"cell", "protocol", "backend"}))
    entry, *parts = name.split("@")
    fixed = dict(_part(part) for part in parts)
    canonical = zoo.entry(entry).name
    own = [r for r in records.values() if r["entry"]["name"] == canonical]
    found = tuple(r for r in own if all(r["cell"][key] == value for key, value in fixed.items()))
    if not found:
        raise AVEError(f"no finished cell of '{name}'", fix="Run it first: python -m benchmarks run --entries …")
    return Run(name, found, frozenset(fixed))


def pairs(first, second):
    """`[(title, records, records)]`: cells of the same seeds that differ in nothing that the two names leave open.

    What a name does not say, it shares with the other. Two single cells are always a pair.

    Raises:
        AVEError: they have not run on the same data in the same way, or with no seed in common.
    """
    fixed = first.fixed & second.fixed
    shared = [] if "cell" in fixed else [key for key in CONTEXT if key not in fixed]
    ours, theirs = (_by_context(run, shared) for run in (first, second))
    found = []
    for context in ours.keys() & theirs.keys():
        if shared:
            seeds = sorted(ours[context].keys() & theirs[context].keys())
            sides = [ours[context][seed] for seed in seeds], [theirs[context][seed] for seed in seeds]
        else:
            sides = [list(cells[context].values()) for cells in (ours, theirs)]
        if sides[0]:
            found.append((_title(sides[0][0], sides[1][0]), *sides))
    if not found:
        raise AVEError(
            f"'{first.name}' and '{second.name}' have no seed in common on the same data in the same way",
            fix="Run both with the same --data, --seeds, --profile and --epochs",
        )
    return sorted(found, key=lambda pair: (-len(pair[1]), pair[0]))


def _part(part):
    for key, known in (("protocol", PROTOCOLS), ("backend", BACKENDS)):
        if part in known:
            return key, part
    raise AVEError("no such protocol or backend", expected=f"one of {(*PROTOCOLS, *BACKENDS)}", found=repr(part))


def _read(path):
    try:
        record = json.loads(Path(path).read_text())
        record["cell"]["seed"], record["test"]["rows"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise AVEError("not the file of a cell", file=path, found=type(error).__name__) from error
    return record


def _by_context(run, shared):
    """`{what must be the same: {seed: record}}`."""
    found = {}
    for record in run.records:
        cell = record["cell"]
        context = [cell["data"]["sha256"], cell["data"]["bad_rows"], *(cell[key] for key in shared)]
        found.setdefault(json.dumps(context, sort_keys=True), {})[cell["seed"]] = record
    return found


def _title(first, second):
    """The data set, and what both have in common."""
    one, other = first["cell"], second["cell"]
    words = {"protocol": "{} protocol", "profile": "{} profile", "backend": "{}"}
    same = [text.format(one[key]) for key, text in words.items() if one[key] == other[key]]
    if one["recipe"] == other["recipe"]:
        same += [f"{key} {value}" for key, value in one["recipe"].items()]
    return ", ".join([data_name(one["data"]), *same])
