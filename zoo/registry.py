"""The entries, read from `entries/*.yaml`."""

import difflib
import fnmatch
from functools import cache
from pathlib import Path

import yaml

from ave_keras.errors import AVEError
from zoo.entry import Entry
from zoo.recipe import Recipe

ENTRIES = Path(__file__).parent / "entries"
PROTOCOLS = ("paper", "official")
FAMILY_KEYS = {"family", "task", "builder", "model", "recipe", "official", "entries"}
ENTRY_KEYS = {"title", "summary", "model", "recipe", "paper", "parameters"}


@cache
def entries(protocol="paper"):
    """All entries under a protocol, `{name: Entry}` in the order of the files."""
    if protocol not in PROTOCOLS:
        raise AVEError("unknown protocol", expected=f"one of {PROTOCOLS}", found=repr(protocol))
    found = {}
    for file in sorted(ENTRIES.glob("*.yaml")):
        for entry in read_family(file, protocol):
            if entry.name in found:
                raise AVEError("two entries of one name", file=file.name, key=entry.name)
            found[entry.name] = entry
    return found


def read_family(file, protocol="paper"):
    """The entries of one YAML file.

    Raises:
        AVEError: a key that is missing or unknown, or a value out of range; file, key and both values are named.
    """
    family = yaml.safe_load(file.read_text())
    _check_keys(family, FAMILY_KEYS, {"official"}, file)
    overlay = family.get("official", {}) if protocol == "official" else {}
    for name, own in family["entries"].items():
        _check_keys(own, ENTRY_KEYS, {"recipe"}, file, f"entries.{name}.")
        yield Entry(
            name=name,
            title=own["title"],
            summary=own["summary"],
            family=family["family"],
            task=family["task"],
            builder=family["builder"],
            model={**family["model"], **own["model"], **overlay.get("model", {})},
            recipe=Recipe.from_dict({**family["recipe"], **own.get("recipe", {}), **overlay.get("recipe", {})}, file.name),
            paper=own["paper"],
            parameters=own["parameters"],
            protocol=protocol,
        )


def entry(name, protocol="paper"):
    """The entry called `name`.

    Raises:
        AVEError: no such entry; the nearest names are suggested.
    """
    known = entries(protocol)
    if name not in known:
        near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.4)
        raise AVEError(
            f"no entry is called {name!r}",
            fix=f"Nearest: {', '.join(near)}" if near else "zoo.list() names them all",
        )
    return known[name]


def names(pattern="*", family=None, task=None):
    """Names that match a glob pattern, a family and a task."""
    return [
        name
        for name, e in entries().items()
        if fnmatch.fnmatchcase(name, pattern) and family in (None, e.family) and task in (None, e.task)
    ]


def _check_keys(mapping, known, optional, file, prefix=""):
    if not isinstance(mapping, dict):
        raise AVEError("bad entry file", file=file.name, key=prefix.rstrip("."), expected="a mapping", found=mapping)
    for key in mapping.keys() - known:
        raise AVEError("unknown key", file=file.name, key=prefix + key, expected=f"one of {sorted(known)}")
    for key in known - mapping.keys() - optional:
        raise AVEError("missing key", file=file.name, key=prefix + key)
