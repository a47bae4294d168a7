"""Writing a folder of the official layout so that an interruption never leaves one that loads."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ave_keras.data.layout import ANNOTATIONS, FILES
from ave_keras.errors import AVEError

PARTIAL = ".partial"
# Bytes of features that are held at a time.
BLOCK_BYTES = 32 << 20


@contextlib.contextmanager
def new_files(folder: str | Path, force: bool = False) -> Iterator[Callable[[str], Path]]:
    """A function that gives each file of a data set a temporary path; at the end all get their names, or none does.

    `Annotations.txt`, without which nothing loads, gets its name last, and is removed first where it is replaced.

    Args:
        folder: made if it is not there.
        force: replaces a data set that lies there.

    Raises:
        AVEError: there is a data set already and `force` is not set, or the folder cannot be written.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise AVEError("not a folder", file=folder, fix="Name another one")
    there = sorted(p for pattern in FILES for p in folder.glob(pattern))
    if there and not force:
        raise AVEError(
            "there is a data set already", file=folder, found=there[0].name, fix="Name another folder, or --force"
        )
    made, new = [], not folder.exists()

    def path(name):
        made.append(folder / (name + PARTIAL))
        return made[-1]

    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield path
        # What is left of the old data set would contradict the new one.
        for old in sorted(there, key=lambda p: p.name != ANNOTATIONS):
            old.unlink(missing_ok=True)
        for temporary in sorted(made, key=lambda p: p.name == ANNOTATIONS + PARTIAL):
            temporary.replace(temporary.with_suffix(""))
    except (OSError, RuntimeError) as error:
        # h5py reports a full disk as either of the two, the second when the file is closed.
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error).splitlines()[0]
        raise AVEError(
            "cannot write", file=folder, found=reason, fix="Nothing was kept; make room or name another folder"
        ) from error
    finally:
        for temporary in made:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        if new:
            with contextlib.suppress(OSError):
                folder.rmdir()  # Only where nothing is in it.


def write_array(path: str | Path, key: str, array: np.ndarray) -> None:
    """Writes a small array in one piece."""
    with h5py.File(path, "w") as file:
        file.create_dataset(key, data=array)


def write_rows(path: str | Path, key: str, shape: tuple[int, ...], dtype: Any, blocks: Iterable[np.ndarray]) -> None:
    """Writes `blocks`, arrays of consecutive rows, into one contiguous array, which can be memory-mapped."""
    with h5py.File(path, "w") as file:
        data, start = file.create_dataset(key, shape, dtype), 0
        for block in blocks:
            data[start : start + len(block)] = block
            start += len(block)


def spans(rows: int, row_bytes: int) -> list[tuple[int, int]]:
    """`(start, end)` of blocks of at most `BLOCK_BYTES`."""
    step = max(1, BLOCK_BYTES // max(1, row_bytes))
    return [(start, min(start + step, rows)) for start in range(0, rows, step)]
