"""Results on disk: one JSON per finished cell, written whole or not at all."""

import contextlib
import json
import os
import time
import warnings
from pathlib import Path

from benchmarks.results.files import CannotWrite, is_locked, lock, set_aside, write_json


class Store:
    """A folder of results.

    `cells/<key>.json` holds a finished cell, `running/<key>.npz` the state of an unfinished one after its last epoch,
    `failures/<key>.json` why a cell failed, `data/` what was made of data sets, `compiled/` what JAX keeps for GPUs and
    may be deleted at any time. Every write of ours goes to a temporary name first and is renamed, so that a reader and
    a crash see the old file or the new one. A file that cannot be read is set aside, never deleted.

    Args:
        folder: created where it is missing.
        write: false only reads, also where nothing can be written.

    Raises:
        AVEError: the folder cannot be written.
    """

    def __init__(self, folder, write=True):
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

    def has(self, key):
        """Whether the cell is finished and readable."""
        return self.read(key) is not None

    def read(self, key):
        """The record of a finished cell, or None."""
        return self._read(self.folder / "cells" / f"{key}.json")

    def records(self):
        """All finished cells, `{key: record}`."""
        files = sorted((self.folder / "cells").glob("*.json"))
        return {f.stem: record for f in files if (record := self._read(f)) is not None}

    def write(self, key, record):
        """Stores a finished cell; its running state and former failure go."""
        write_json(self.folder / "cells" / f"{key}.json", record)
        self.state(key).unlink(missing_ok=True)
        (self.folder / "failures" / f"{key}.json").unlink(missing_ok=True)

    def fail(self, key, cell, error):
        """Notes why a cell failed; its state after the last epoch stays."""
        write_json(self.folder / "failures" / f"{key}.json", {"cell": cell, "error": error, "time": time.time()})

    def failure(self, key):
        """The text of a cell's failure, or None."""
        found = self._read(self.folder / "failures" / f"{key}.json")
        return found and found["error"]

    def state(self, key):
        """Path of a cell's running state."""
        return self.folder / "running" / f"{key}.npz"

    def means(self, data):
        """Folder of the averaged visual maps of a data set, that of `Cell.data`."""
        return self.folder / "data" / f"{data['sha256'][:16]}-means"

    @contextlib.contextmanager
    def lock(self, key):
        """Yields whether this process alone works on the cell; what killed ones left half written goes."""
        with lock(self._lock(key)) as alone:
            if alone:
                for half in (*self.folder.glob(f"running/.{key}.npz.*"), *self.folder.glob(f"cells/.{key}.json.*")):
                    half.unlink(missing_ok=True)
            yield alone

    def running(self, key):
        """Whether a process is at the cell; needs no right to write."""
        return is_locked(self._lock(key))

    def _lock(self, key):
        return self.folder / "running" / f"{key}.lock"

    def _read(self, path):
        try:
            found = json.loads(path.read_text())
            if found and isinstance(found, dict):
                return found
        except FileNotFoundError:
            return None
        except ValueError:
            pass
        if self._write:
            set_aside(path)
        else:
            warnings.warn(f"{path} cannot be read and is left out; `run` makes the cell again", stacklevel=3)
        return None
