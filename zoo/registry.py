"""The entries, read from `entries/*.yaml` and `entries/lineage/*.yaml`."""

import difflib
import fnmatch
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ave_keras.errors import AVEError
from ave_keras.runtime.yaml_file import read_yaml
from zoo.entry import Entry
from zoo.recipe import Recipe

ENTRIES = Path(__file__).parent / "entries"
PROTOCOLS = ("paper", "official")
FAMILY_KEYS = {"family", "task", "builder", "model", "recipe", "official", "entries", "matrix", "aliases"}
OPTIONAL_KEYS = {"official", "matrix", "aliases"}
MATRIX_KEYS = {"fusion", "stage", "paper", "parameters"}
OPTIONAL_ENTRY_KEYS = {"recipe", "task", "official", "candidate"}
ENTRY_KEYS = {"title", "summary", "model", "paper", "parameters"} | OPTIONAL_ENTRY_KEYS


def files() -> list[Path]:
    """The YAML files: first the models of the paper, then those that came after."""
    return [*sorted(ENTRIES.glob("*.yaml")), *sorted(ENTRIES.glob("*/*.yaml"))]


@cache
def entries(protocol: str = "paper") -> dict[str, Entry]:
    """All entries of a protocol and all candidates, `{name: Entry}` in the order of the files."""
    if protocol not in PROTOCOLS:
        raise AVEError("unknown protocol", expected=f"one of {PROTOCOLS}", found=repr(protocol))
    found = {}
    for file in files():
        for entry in read_family(file, protocol):
            if entry.name in found:
                raise AVEError("two entries have the same name", file=file.name, key=entry.name)
            found[entry.name] = entry
    return found


@cache
def aliases() -> dict[str, str]:
    """`{alias: name}` of the models that the paper lists under two names."""
    families = (read_yaml(file, "entries") for file in files())
    return {alias: name for family in families for alias, name in family.get("aliases", {}).items()}


def read_family(file: Path, protocol: str = "paper") -> Iterator[Entry]:
    """The entries of one YAML file.

    Raises:
        AVEError: a missing or unknown key, or a value out of range.
    """
    family = read_yaml(file, "entries")
    _check_keys(family, FAMILY_KEYS, OPTIONAL_KEYS, file)
    overlay = family.get("official", {}) if protocol == "official" else {}
    for name, own in {**_expand(family.get("matrix"), file), **family["entries"]}.items():
        _check_keys(own, ENTRY_KEYS, OPTIONAL_ENTRY_KEYS, file, f"entries.{name}.")
        more = own.get("official", {}) if protocol == "official" else {}
        yield Entry(
            name=name,
            title=own["title"],
            summary=own["summary"],
            family=family["family"],
            task=own.get("task", family["task"]),
            builder=family["builder"],
            model={**family["model"], **own["model"], **overlay.get("model", {}), **more.get("model", {})},
            recipe=Recipe.from_dict(
                {
                    **family["recipe"],
                    **own.get("recipe", {}),
                    **overlay.get("recipe", {}),
                    **more.get("recipe", {}),
                },
                file.name,
            ),
            paper=own["paper"],
            parameters=own["parameters"],
            protocol=protocol,
            candidate=own.get("candidate", False),
        )


def _expand(matrix, file):
    """An entry `{fusion}_{stage}` for every figure in the paper's table."""
    if matrix is None:
        return {}
    _check_keys(matrix, MATRIX_KEYS, set(), file, "matrix.")
    found = {}
    for stage, figures in matrix["paper"].items():
        for fusion, accuracy in figures.items():
            row = matrix["fusion"][fusion]
            found[f"{fusion}_{stage}"] = {
                "title": f"{row['title']}, {stage}",
                "summary": f"{row['summary']}, {matrix['stage'][stage]}.",
                "model": {"fusion": fusion, "stage": stage, **row.get("model", {})},
                "paper": {"table": 2, "accuracy": accuracy},
                "parameters": matrix["parameters"][stage][fusion],
            }
    return found


def entry(name: str, protocol: str = "paper") -> Entry:
    """The entry called `name`; aliases are resolved.

    Raises:
        AVEError: An unknown name; the message suggests the nearest ones.
    """
    known = entries(protocol)
    name = aliases().get(name, name)
    if name not in known:
        near = difflib.get_close_matches(str(name), [*known, *aliases()], n=3, cutoff=0.4)
        raise AVEError(
            f"unknown entry {name!r}",
            fix=f"Nearest: {', '.join(near)}" if near else "zoo.list() and `ave-keras list` show all names",
        )
    return known[name]


def names(pattern: str = "*", family: str | None = None, task: str | None = None) -> list[str]:
    """Names and aliases that match a glob pattern, a family and a task, without candidates."""
    known = {name: entry for name, entry in entries().items() if not entry.candidate}
    every = {**{name: name for name in known}, **aliases()}
    return [
        name
        for name, canonical in every.items()
        if fnmatch.fnmatchcase(name, pattern)
        and family in (None, known[canonical].family)
        and task in (None, known[canonical].task)
    ]


def _check_keys(mapping, known, optional, file, prefix=""):
    if not isinstance(mapping, dict):
        raise AVEError(
            "invalid entry file", file=file.name, key=prefix.rstrip("."), expected="a mapping", found=mapping
        )
    for key in mapping.keys() - known:
        raise AVEError("unknown key", file=file.name, key=prefix + key, expected=f"one of {sorted(known)}")
    for key in known - mapping.keys() - optional:
        raise AVEError("missing key", file=file.name, key=prefix + key)
