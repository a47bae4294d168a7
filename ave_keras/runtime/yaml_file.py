"""Reads YAML files, and refuses keys that stand twice, of which YAML would keep the last without a word."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from ave_keras.errors import AVEError, first_line


class _UniqueKeys(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        lines: dict[tuple, int] = {}
        for key, _ in node.value:
            line, same = key.start_mark.line + 1, (key.tag, str(key.value))
            if same in lines and key.tag != "tag:yaml.org,2002:merge":
                said = f"the key {key.value!r} stands in line {lines[same]}, too"
                raise yaml.MarkedYAMLError(problem=said, problem_mark=key.start_mark)
            lines[same] = line
        return super().construct_mapping(node, deep)


def read_yaml(path: str | Path, what: str, fix: str | None = None) -> Any:
    """The contents of a YAML file.

    Args:
        path: The file.
        what: What it is, for the error, such as "recipe".
        fix: What the error says of the way out.

    Raises:
        AVEError: The file is missing, not YAML, or has a key twice in one mapping.
    """
    try:
        return yaml.load(Path(path).read_text(encoding="utf-8"), _UniqueKeys)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise AVEError(f"cannot read the {what}", file=path, found=_said(error), fix=fix) from error


def _said(error):
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}: {error.problem}" if mark else first_line(error)
