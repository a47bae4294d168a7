"""What the readers of published annotations return, and what they read with."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ave_keras.data.events.listing import read_rows
from ave_keras.errors import AVEError, first_line


@dataclass
class Published:
    """The events of a data set: a row for every video and class.

    Attributes:
        title: The name of the data set.
        class_names: C names, in the published order.
        segments: T.
        rows: `(video id, class, split, active)` with `active (T,)` bool: the seconds of the event.
        left_out: What has no row, as text.
    """

    title: str
    class_names: list
    segments: int
    rows: list
    left_out: list


def read_table(path: Path, columns: Iterable[str], delimiter: str) -> list[tuple[str, dict[str, str]]]:
    """`(place, {column: text})` of the lines of a table.

    Raises:
        AVEError: The file is missing, is not text, or lacks a column; a line is incomplete.
    """
    columns = list(columns)
    if not path.is_file():
        raise AVEError("file not found", file=path, expected=f"columns {', '.join(columns)}")
    lines, fields = read_rows(path, delimiter)
    if missing := [name for name in columns if name not in fields]:
        raise AVEError("a column is missing", file=path, expected=", ".join(columns), found=f"no {', '.join(missing)}")
    for place, line in lines:
        if empty := [name for name in columns if not (line[name] or "").strip()]:
            raise AVEError("an incomplete line", file=place, expected=", ".join(columns), found=f"no {empty[0]}")
    return lines


def read_json(path: Path) -> Any:
    """The contents of a JSON file.

    Raises:
        AVEError: The file is missing or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AVEError("file not found", file=path) from None
    except (ValueError, RecursionError) as error:
        raise AVEError("not a JSON file", file=path, found=first_line(error)) from None
