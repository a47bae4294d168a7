"""Files of a results folder: atomic writes, locks between processes, and renaming of damaged files."""

import contextlib
import csv
import json
import os
import sys
import time
import traceback
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ave_keras.errors import AVEError

if sys.platform != "win32":
    import fcntl

# Seconds to keep trying a lock, and between two attempts: `is_locked` holds one for a moment.
PATIENCE, PAUSE = 0.1, 0.02


def set_aside(path: Path) -> None:
    """Renames a file that cannot be read, and prints a warning."""
    aside = path.with_suffix(f".broken-{time.time_ns()}")
    with contextlib.suppress(OSError):
        path.replace(aside)
        print(f"warning: {path} cannot be read and was renamed to {aside.name}; the cell will run again")


def write_json(path: Path, value: Any) -> None:
    """Writes `value` atomically.

    Raises:
        AVEError: The file cannot be written, such as on a full disk; an existing file stays unchanged.
    """
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1))


def read_json(path: Path) -> Any:
    """The contents of a JSON file; None if there is no such file.

    Raises:
        AVEError: The file is damaged.
    """
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise AVEError("cannot read this file", file=path, expected="JSON", found=error) from error


def read_csv(path: Path) -> list[dict[str, str]]:
    """The lines of a CSV file, `{column: text}`; empty if there is no such file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def check_folder(path: Path | None, suffix: str | None = None, key: str = "--publish") -> None:
    """Checks before long work that a file for results can be written.

    Args:
        path: The file, or None.
        suffix: What its name has to end with.
        key: The option, for the error.

    Raises:
        AVEError: Its folder does not exist or is read-only; or the name ends otherwise.
    """
    if path is not None and suffix and path.suffix != suffix:
        raise AVEError("cannot write there", file=path, key=key, expected=f"a file name with {suffix}")
    if path is not None and not (path.parent.is_dir() and os.access(path.parent, os.W_OK)):
        fix = "Create the folder, or choose another file"
        raise AVEError("cannot write there", file=path, key=key, expected="a folder to write to", fix=fix)


def update_csv(path: Path, lines: Sequence[dict[str, Any]], identity: Sequence[str]) -> None:
    """Writes lines to a CSV file in place of those with the same values of `identity`; all others stay.

    Args:
        path: The file to write or update.
        lines: `{column: value}` with the same columns.
        identity: The columns that say what a line is about.

    Raises:
        AVEError: The file cannot be written.
    """

    def about(line):
        return tuple(str(line[key]) for key in identity)

    replaced = set(map(about, lines))
    kept = [line for line in read_csv(path) if about(line) not in replaced]
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*kept, *lines][0], lineterminator="\n")
        writer.writeheader()
        writer.writerows([*kept, *lines])


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yields a temporary path, which is flushed to disk and renamed to `path` if the block succeeds."""
    # Processes on two machines may have the same ID.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise CannotWrite(path, error) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def lock(path: Path, wait: bool = False) -> Iterator[bool]:
    """Yields whether this process has acquired the lock; the system releases it when the process ends, even if killed.

    Args:
        path: The lock file, which is created if missing.
        wait: Whether to wait until the lock is free.

    Raises:
        AVEError: The lock file cannot be created.
    """
    try:
        path.touch()
    except OSError as error:
        raise CannotWrite(path, error) from error
    file_lock = FileLock(path)
    try:
        file_lock.acquire(timeout=-1 if wait else PATIENCE, poll_interval=PAUSE)
    except Timeout:
        yield False
        return
    except OSError:
        pass  # Without file locks, two drivers may compute the same cell, which loses no result.
    try:
        yield True
    finally:
        file_lock.release()


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock `path`; needs no write permission, and creates no file."""
    if not path.exists():
        return False
    try:
        FileLock(path).acquire(timeout=0).lock.release()
    except Timeout:
        return True
    except OSError:
        return _is_locked_read_only(path)
    return False


def _is_locked_read_only(path):
    # FileLock opens the file for writing, which fails in another user's folder and on a read-only file system.
    if sys.platform == "win32":
        return False
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


class CannotWrite(AVEError):
    """The results folder is read-only or full, so no cell can be stored and the run must stop."""

    def __init__(self, path: Path, error: OSError):
        super().__init__(
            "results cannot be written",
            file=path,
            found=error.strerror or type(error).__name__,
            fix="Free some space, or choose another folder with --results, and run the same command again; "
            "finished cells are kept",
        )


def describe(error: Exception) -> str:
    """The text of an exception: one line for bad input, a stack trace for unexpected errors."""
    return str(error) if isinstance(error, AVEError) else "".join(traceback.format_exception(error))
