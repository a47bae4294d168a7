"""Writes folders in the official layout so that an interruption never leaves one that can be loaded."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from filelock import FileLock, Timeout

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


class NewFiles:
    """Returns a temporary path in `folder` for every file to write.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path):
        self.folder, self.made = folder, list[Path]()

    def __call__(self, name: str) -> Path:
        """The path to write the file `name` to."""
        self.made.append(self.folder / (name + PARTIAL))
        return self.made[-1]

    def sums(self) -> dict[str, str]:
        """`{name: sha256}` of the files written so far."""
        return {path.name.removesuffix(PARTIAL): file_sha256(path) for path in sorted(self.made)}


@contextlib.contextmanager
def new_files(folder: str | Path, force: bool = False) -> Iterator[NewFiles]:
    """Yields `NewFiles`, which returns a temporary path for each file; at the end of the block, all files are renamed.

    `Annotations.txt`, without which a folder does not load, is renamed last, and removed first from an old data set.
    Files that a killed process has left are removed.

    Args:
        folder: The folder to write, created if necessary.
        force: Whether to replace an existing data set.

    Raises:
        AVEError: The folder already contains a data set and `force` is false, another process writes it, or it cannot
            be written; nothing is kept.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise AVEError("not a folder", file=folder, fix="Choose another path")
    there = existing_files(folder, force)
    files, new = NewFiles(folder), not folder.exists()
    lock = FileLock(folder / ".writing.lock", timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        for left in (path for pattern in FILES for path in folder.glob(pattern + PARTIAL)):
            left.unlink()
        yield files
        # Remaining files of the old data set would contradict the new one.
        for old in sorted(there, key=lambda p: p.name != ANNOTATIONS):
            old.unlink(missing_ok=True)
        for temporary in sorted(files.made, key=lambda p: p.name == ANNOTATIONS + PARTIAL):
            temporary.replace(temporary.with_suffix(""))
    except Timeout:
        fix = "Wait until it is done, or choose another folder"
        raise AVEError("another process writes this folder", file=folder, fix=fix) from None
    except (OSError, RuntimeError) as error:
        # h5py reports a full disk as one or the other: as a RuntimeError when it closes the file.
        reason = error.strerror if isinstance(error, OSError) and error.strerror else first_line(error)
        raise AVEError(
            "cannot write", file=folder, found=reason, fix="Nothing was kept. Free some space, or choose another folder"
        ) from error
    finally:
        for temporary in files.made:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        if lock.is_locked:
            lock.release()
            with contextlib.suppress(OSError):
                Path(lock.lock_file).unlink()
        if new:
            with contextlib.suppress(OSError):
                folder.rmdir()  # Succeeds only if it is empty.


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
