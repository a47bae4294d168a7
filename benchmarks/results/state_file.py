"""Reads the state file of an unfinished cell, which is written after every epoch."""

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

# Raised on reading a truncated or overwritten file.
DAMAGED = (zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError)


def read_state(path: Path, whole: bool = True) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Reads a state file.

    Args:
        path: The file to read.
        whole: Whether to read the arrays too.

    Returns:
        `({"history", "best_epoch", "generators"}, arrays)`; without `whole`, the arrays are an empty dict.

    Raises:
        FileNotFoundError: The cell has not finished an epoch yet.
        Exception: One of `DAMAGED`: the file is damaged.
    """
    with path.open("rb") as stream, np.load(stream) as file:
        return json.loads(str(file["held"])), dict(file) if whole else {}
