"""Writes folders in the official layout so that an interruption never leaves one that can be loaded."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ave_keras.data.layout import ANNOTATIONS, FILES
from ave_keras.data.storage.fingerprint import file_sha256
from ave_keras.errors import AVEError, first_line

PARTIAL = ".partial"
# Bytes of features in memory at a time.
BLOCK_BYTES = 32 << 20


def existing_files(folder: Path, force: bool = False) -> list[Path]:
    """The files of a data set that are already in a folder.

    Raises:
        AVEError: There are some, and `force` is false.
    """
    files = sorted(path for pattern in FILES for path in folder.glob(pattern))
    if files and not force:
        raise AVEError(
            "the folder already contains a data set",
            file=folder,
            found=files[0].name,
            fix="Choose another folder, or use --force",
        )
    return files


@contextlib.contextmanager
def new_files(folder: str | Path, force: bool = False) -> Iterator[Callable[[str], Path]]:
    """Yields a function that returns a temporary path for each file; at the end of the block, all files are renamed.

    `Annotations.txt`, without which a folder does not load, is renamed last, and removed first from an old data set.

    Args:
        folder: The folder to write, created if necessary.
        force: Whether to replace an existing data set.

    Raises:
        AVEError: The folder already contains a data set and `force` is false, or it cannot be written; nothing is kept.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise AVEError("not a folder", file=folder, fix="Choose another path")
    there = existing_files(folder, force)
    made, new = [], not folder.exists()

    def path(name):
        made.append(folder / (name + PARTIAL))
        return made[-1]

    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield path
        # Remaining files of the old data set would contradict the new one.
        for old in sorted(there, key=lambda p: p.name != ANNOTATIONS):
            old.unlink(missing_ok=True)
        for temporary in sorted(made, key=lambda p: p.name == ANNOTATIONS + PARTIAL):
            temporary.replace(temporary.with_suffix(""))
    except (OSError, RuntimeError) as error:
        # h5py reports a full disk as one or the other: as a RuntimeError when it closes the file.
        reason = error.strerror if isinstance(error, OSError) and error.strerror else first_line(error)
        raise AVEError(
            "cannot write", file=folder, found=reason, fix="Nothing was kept. Free some space, or choose another folder"
        ) from error
    finally:
        for temporary in made:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        if new:
            with contextlib.suppress(OSError):
                folder.rmdir()  # Succeeds only if it is empty.


def partial_sums(folder: str | Path) -> dict[str, str]:
    """`{name: sha256}` of the files that `new_files` is about to rename."""
    return {p.name.removesuffix(PARTIAL): file_sha256(p) for p in sorted(Path(folder).glob(f"*{PARTIAL}"))}


def write_array(path: str | Path, key: str, array: np.ndarray) -> None:
    """Writes a small array."""
    with h5py.File(path, "w") as file:
        file.create_dataset(key, data=array)


def write_rows(path: str | Path, key: str, shape: tuple[int, ...], dtype: Any, blocks: Iterable[np.ndarray]) -> None:
    """Writes arrays of consecutive rows into one contiguous array, which can be memory-mapped."""
    with h5py.File(path, "w") as file:
        data, start = file.create_dataset(key, shape, dtype), 0
        for block in blocks:
            data[start : start + len(block)] = block
            start += len(block)


def spans(rows: int, row_bytes: int) -> list[tuple[int, int]]:
    """`(start, end)` of blocks of rows with at most `BLOCK_BYTES` each."""
    step = max(1, BLOCK_BYTES // max(1, row_bytes))
    return [(start, min(start + step, rows)) for start in range(0, rows, step)]
