"""A study: a base entry, factors with levels, and the arms that result; read from YAML."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zoo
from ave_keras.errors import AVEError
from ave_keras.runtime.yaml_file import read_yaml
from benchmarks.grid.cells import Cell

FOLDER = Path(__file__).parent
BASE = "base"
KINDS: dict[str, type] = {
    "title": str,
    "base": str,
    "factors": dict,
    "combine": list,
    "model": dict,
    "recipe": dict,
    "protocol": str,
}
KINDS |= {"seeds": int, "data": list, "notes": list}
FACTOR_KINDS = {"title": str, "levels": dict, "source": str}
WORDS = {str: "text", dict: "`key: value` lines", list: "a list", int: "a whole number"}
CHANGES = {"entry": str, "model": dict, "recipe": dict}


@dataclass(frozen=True)
class Factor:
    """One thing that a study varies.

    Attributes:
        title: What it is, in a few words.
        levels: `{name: {entry, model, recipe}}`, what each level changes; the level of the base is not among them.
        source: Where the idea is from.
    """

    title: str
    levels: dict
    source: str = ""


@dataclass(frozen=True)
class Arm:
    """One configuration of a study.

    Attributes:
        name: `"base"`, or the levels in it, such as `"swap: 0.5"` or `"swap: 0.5, average: 0.99"`.
        entry: The name of its entry.
        model: Overrides of the builder arguments.
        recipe: Overrides of the recipe.
    """

    name: str
    entry: str
    model: dict
    recipe: dict


@dataclass(frozen=True)
class Study:
    """What is compared with what.

    Attributes:
        name: The name of its file.
        title: What the study asks.
        base: The entry that every arm starts from.
        factors: `{name: Factor}`.
        combine: Further arms with levels of several factors, `{factor: level}` each.
        model: Builder arguments of all arms.
        recipe: Recipe values of all arms.
        protocol: `"paper"` or `"official"`.
        seeds: The number of seeds.
        data: The folders of its data sets.
        notes: Lines for the report.
        file: The file that it was read from.
    """

    name: str
    title: str
    base: str
    factors: dict
    combine: tuple = ()
    model: dict = field(default_factory=dict)
    recipe: dict = field(default_factory=dict)
    protocol: str = "paper"
    seeds: int = 5
    data: tuple = ()
    notes: tuple = ()
    file: Path | None = None

    @property
    def arms(self) -> list[Arm]:
        """The base, an arm for every level, and the combinations."""
        return self.choose(self.factors)

    def choose(self, patterns: Iterable[str] | None) -> list[Arm]:
        """The base and the arms of the named factors; all arms without names.

        Raises:
            AVEError: A name is not a factor of this study.
        """
        named = set(patterns or self.factors)
        for name in named - self.factors.keys():
            what = f"the study {self.name!r} has no such factor"
            raise _unknown(what, name, self.factors, "--factors", self.file)
        chosen = [{}, *({name: level} for name in self.factors if name in named for level in self.factors[name].levels)]
        chosen += [choice for choice in self.combine if set(choice) <= named]
        return [self._arm(choice) for choice in chosen]

    def cells(self, arm: Arm, data: Mapping[str, Any], seeds: Iterable[int], backend: str) -> list[Cell]:
        """The cells of an arm on one data set, one per seed."""
        settings = dict(data), self.protocol, backend, arm.name, arm.recipe, arm.model, "val"
        return [Cell(zoo.entry(arm.entry).name, seed, *settings) for seed in seeds]

    def _arm(self, choice):
        entry, model, recipe = self.base, dict(self.model), dict(self.recipe)
        for name, level in choice.items():
            change = self.factors[name].levels[level]
            entry = change.get("entry", entry)
            model |= change.get("model", {})
            recipe |= change.get("recipe", {})
        return Arm(", ".join(f"{name}: {level}" for name, level in choice.items()) or BASE, entry, model, recipe)


def names() -> list[str]:
    """The names of all studies."""
    return sorted(file.stem for file in FOLDER.glob("*.yaml"))


def read(name: str) -> Study:
    """A study of this folder by its name, or of another YAML file by its path.

    Raises:
        AVEError: There is no such study; a key, factor or level in it is unknown; two factors of a combination change
            the same value.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else _file(name)
    if path == _file(name) and name not in names():
        raise _unknown("unknown study", name, names(), "STUDY")
    return from_dict(read_yaml(path, "study"), path)


def from_dict(values: Any, file: Path) -> Study:
    """A study from the contents of its file; see `read` for errors."""
    _check_keys(values, KINDS, ("title", "base", "factors"), "", file)
    if values.get("seeds", 1) < 1:
        raise AVEError("invalid study", file=file, key="seeds", expected="1 or more", found=values["seeds"])
    factors = {}
    _check_keys(values["factors"], None, (), "factors", file)
    _refuse_same_names(values["factors"], "factors", file)
    for folder in values.get("data", ()):
        if not isinstance(folder, str) or not folder:
            raise AVEError("invalid study", file=file, key="data", expected="a list of folders", found=repr(folder))
    for name, factor in values["factors"].items():
        key = f"factors.{name}"
        _check_keys(factor, FACTOR_KINDS, ("title", "levels"), key, file)
        _check_keys(factor["levels"], None, (), f"{key}.levels", file)
        _refuse_same_names(factor["levels"], f"{key}.levels", file)
        levels = {str(level): change for level, change in factor["levels"].items()}
        for level, change in levels.items():
            _check_keys(change, CHANGES, (), f"{key}.levels.{level}", file)
        factors[str(name)] = Factor(**{**factor, "levels": levels})
    for choice in values.get("combine", ()):
        _check_keys(choice, None, (), "combine", file)
    combine = [{str(f): str(level) for f, level in choice.items()} for choice in values.get("combine", ())]
    for choice in combine:
        for name, level in choice.items():
            if name not in factors:
                raise _unknown("a combination names an unknown factor", name, factors, "combine", file)
            if level not in factors[name].levels:
                raise _unknown("a combination names an unknown level", level, factors[name].levels, name, file)
        _refuse_conflicts(choice, factors, file)
    tuples = {key: tuple(values.get(key, ())) for key in ("data", "notes")}
    study = Study(file.stem, **{**values, **tuples, "factors": factors, "combine": tuple(combine), "file": file})
    _check_arms(study)
    return study


def _refuse_same_names(named, key, file):
    """YAML reads names such as 0.5 and off as numbers and booleans."""
    names = list(map(str, named))
    if len({*names}) < len(names) or not all(names):
        found = ", ".join(map(repr, named))
        raise AVEError("invalid study", file=file, key=key, expected="different names, none of them empty", found=found)


def _check_arms(study):
    base, seen = None, {}
    for arm in study.arms:
        place = {"file": study.file, "key": arm.name}
        try:
            entry = zoo.entry(arm.entry, study.protocol).with_recipe(**arm.recipe).with_model(**arm.model)
            made = json.dumps(entry.to_dict(), sort_keys=True)
        except (AVEError, TypeError) as error:
            raise AVEError("an arm of this study is invalid", **place, found=str(error).rstrip(".")) from error
        base = base or entry
        if made in seen:
            what = "this arm changes nothing" if seen[made] == BASE else "two arms of this study are the same"
            expected, found = "another entry, model or recipe", f"those of {seen[made]!r}"
            raise AVEError(what, **place, expected=expected, found=found)
        if (entry.task == "matching") != (base.task == "matching"):
            expected = f"an entry like {base.name}, so that their scores can be compared"
            raise AVEError("this arm has another task than the base", **place, expected=expected, found=entry.name)
        seen[made] = arm.name


def _refuse_conflicts(choice, factors, file):
    seen: dict = {}
    for name, level in choice.items():
        change = factors[name].levels[level]
        own = [("entry", "")] * ("entry" in change) + [
            (kind, k) for kind in ("model", "recipe") for k in change.get(kind, {})
        ]
        for part in own:
            if part in seen:
                what = ".".join(filter(None, part))
                found = f"{seen[part]} and {name} both change {what}"
                raise AVEError("these factors cannot be combined", file=file, key="combine", found=found)
            seen[part] = name


def _check_keys(values, kinds, needed, key, file):
    """Raises an error unless `values` is a mapping with the needed keys; without others if `{key: type}` is given."""
    if not isinstance(values, dict) or not values:
        raise AVEError("invalid study", file=file, key=key or None, expected="`key: value` lines", found=repr(values))
    for name, value in values.items() if kinds else ():
        if name not in kinds:
            raise _unknown("unknown key of a study", name, kinds, key or None, file)
        keyed = isinstance(value, dict) and name in ("model", "recipe") and not all(isinstance(k, str) for k in value)
        if not isinstance(value, kinds[name]) or isinstance(value, bool) or keyed:
            place = {"file": file, "key": f"{key}.{name}".lstrip(".")}
            raise AVEError("invalid study", **place, expected=WORDS[kinds[name]], found=repr(value))
    for name in needed:
        if name not in values:
            raise AVEError(
                "invalid study", file=file, key=f"{key}.{name}".lstrip("."), expected="a value", found="none"
            )


def _unknown(what, name, known, key, file=None):
    near = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.3)
    fix = f"Nearest: {near[0]}" if near else None
    return AVEError(what, file=file, key=key, expected=f"one of {', '.join(known)}", found=repr(name), fix=fix)


def _file(name):
    return FOLDER / f"{name}.yaml"
