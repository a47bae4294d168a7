"""sha256 sums of data sets; the sums of files are cached."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np


def file_sha256(path: str | Path) -> str:
    """Hexadecimal sum of a file, cached for the user until the size or time of the file changes."""
    path = Path(path).resolve()
    stat, memo = path.stat(), _memo()
    known = _read(memo).get(str(path))
    if known and known[:2] == [stat.st_size, stat.st_mtime_ns]:
        return known[2]
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    _remember(memo, str(path), [stat.st_size, stat.st_mtime_ns, digest])
    return digest


def array_sha256(array: np.ndarray) -> str:
    """Hexadecimal sum of the type, shape and values of an array."""
    digest = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def combined(sums: dict[str, str]) -> dict[str, Any]:
    """`{"sha256": sum of all sums, "files": sums}`."""
    text = json.dumps(sums, sort_keys=True)
    return {"sha256": hashlib.sha256(text.encode()).hexdigest(), "files": sums}


def _memo():
    return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "ave-keras" / "sha256.json"


def _read(memo):
    try:
        return json.loads(memo.read_text())
    except (OSError, ValueError):
        return {}


def _remember(memo, key, value):
    """Several processes may write at the same time: the last one wins, and no reader sees a partial file."""
    try:
        memo.parent.mkdir(parents=True, exist_ok=True)
        temporary = memo.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps({**_read(memo), key: value}))
        temporary.replace(memo)
    except OSError:
        pass  # Without a cache, the sum is computed again next time.
