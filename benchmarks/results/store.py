"""The results folder: one JSON file per finished cell, written atomically."""

import contextlib
import json
import os
import time
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ave_keras.errors import AVEError
from benchmarks.results.files import CannotWrite, atomic, is_locked, lock, set_aside, write_json


class Store:
    """A results folder.

    `cells/<key>.json` is the record of a finished cell, `running/<key>.npz` the state of an unfinished one after its
    last epoch, and `failures/<key>.json` the reason of a failure, `weights/<key>.npz` the model of a finished
    cell of a study. `data/` holds synthetic and pooled data, `compiled/`
    the compilation cache of JAX, which may be deleted at any time. Files are written under a temporary name and then
    renamed, so readers and crashes never see half a file. A file that cannot be read is renamed, never deleted.

    Args:
        folder: The folder to use; created if missing.
        write: Whether to write; False reads only, and works without write permission.

    Raises:
        AVEError: The folder cannot be written.
    """

    def __init__(self, folder: str | Path, write: bool = True):
        self.folder, self._write = Path(folder), write
        if not write:
            return
        probe = self.folder / "running" / f".probe-{os.getpid()}"
        try:
            for name in ("cells", "running", "failures"):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            probe.write_text("x")
        except OSError as error:
            raise CannotWrite(self.folder, error) from error
        finally:
            with contextlib.suppress(OSError):
                probe.unlink(missing_ok=True)

    def has(self, key: str) -> bool:
        """Whether the cell is finished and readable."""
        return self.read(key) is not None

    def read(self, key: str) -> dict | None:
        """The record of a finished cell, or None."""
        return self._read(self.folder / "cells" / f"{key}.json")

    def records(self) -> dict[str, dict]:
        """All finished cells, `{key: record}`."""
        files = sorted((self.folder / "cells").glob("*.json"))
        return {f.stem: record for f in files if (record := self._read(f)) is not None}

    def write(self, key: str, record: dict) -> None:
        """Stores the record of a finished cell, and deletes its state and former failure."""
        write_json(self.folder / "cells" / f"{key}.json", record)
        self.state(key).unlink(missing_ok=True)
        (self.folder / "failures" / f"{key}.json").unlink(missing_ok=True)

    def write_weights(self, key: str, weights: list[np.ndarray]) -> None:
        """Keeps the weights of a finished cell, so that its model can be scored later."""
        path = self._weights(key)
        path.parent.mkdir(exist_ok=True)
        with atomic(path) as temporary, temporary.open("wb") as file:
            np.savez(file, *weights)

    def weights(self, key: str) -> list[np.ndarray]:
        """The kept weights of a finished cell.

        Raises:
            AVEError: They are missing or damaged.
        """
        try:
            with np.load(self._weights(key)) as arrays:
                return [arrays[name] for name in arrays.files]
        except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            fix = f"Delete {self.folder / 'cells' / f'{key}.json'} and run the study again"
            raise AVEError("cannot read the weights of a cell", file=self._weights(key), found=error, fix=fix) from None

    def fail(self, key: str, cell: dict, error: str) -> None:
        """Stores the reason of a failure; the state after the last epoch stays."""
        write_json(self.folder / "failures" / f"{key}.json", {"cell": cell, "error": error, "time": time.time()})

    def failure(self, key: str) -> str | None:
        """The text of a cell's failure, or None."""
        failure = self._read(self.folder / "failures" / f"{key}.json")
        return failure and failure["error"]

    def state(self, key: str) -> Path:
        """The path of a cell's state file."""
        return self.folder / "running" / f"{key}.npz"

    def pooled_folder(self, data: dict) -> Path:
        """The folder that caches the averaged visual maps of a data set; `data` is `Cell.data`."""
        return self.folder / "data" / f"{data['sha256'][:16]}-means"

    @contextlib.contextmanager
    def lock(self, key: str) -> Iterator[bool]:
        """Yields whether this process has locked the cell; if so, deletes partial files of killed processes."""
        with lock(self._lock(key)) as acquired:
            if acquired:
                for part in (*self.folder.glob(f"running/.{key}.npz.*"), *self.folder.glob(f"cells/.{key}.json.*")):
                    part.unlink(missing_ok=True)
            yield acquired

    def running(self, key: str) -> bool:
        """Whether a process is running the cell; needs no write permission."""
        return is_locked(self._lock(key))

    def _weights(self, key):
        return self.folder / "weights" / f"{key}.npz"

    def _lock(self, key):
        return self.folder / "running" / f"{key}.lock"

    def _read(self, path):
        try:
            values = json.loads(path.read_text())
            if values and isinstance(values, dict):
                return values
        except FileNotFoundError:
            return None
        except ValueError:
            pass
        if self._write:
            set_aside(path)
        else:
            warnings.warn(f"{path} cannot be read and is ignored; `run` runs the cell again", stacklevel=3)
        return None
