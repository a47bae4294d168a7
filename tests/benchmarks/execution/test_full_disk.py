"""A results folder on a full file system."""

import errno
import subprocess

import keras
import pytest

from benchmarks.execution.cell import run_cell
from benchmarks.results.files import CannotWrite
from benchmarks.results.store import Store

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="does not depend on the backend")


@pytest.fixture
def small(tmp_path):
    """A tmpfs of 64 MB."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("cannot mount here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place):
    """Leaves room for locks, but not for a state of a few megabytes."""
    with (place / "filler").open("wb", buffering=0) as file:
        with pytest.raises(OSError, match="No space left"):
            while True:
                file.write(bytes(1 << 16))
        file.truncate(file.tell() - (1 << 20))


def run(place, folder, *more):
    from benchmarks.__main__ import app
    from zoo.cli.terminal import run

    args = ["run", "--data", folder, "--entries", "a", "--epochs", "3", "--batch-size", "8", "--workers", "1"]
    with pytest.raises(SystemExit) as stop:
        run(app, [*map(str, args), "--results", str(place / "results"), *more])
    return stop.value.code or 0


def test_a_full_disk_stops_the_run_and_the_next_run_resumes(small, folder, cell, capsys, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    store = Store(small / "results")
    run_cell(cell("a", epochs=3), folder, store)
    before = store.records()
    fill(small)
    assert run(small, folder, "--seeds", "2") == 2
    printed = " ".join(capsys.readouterr().err.split())
    assert "2 cells, 1 finished already" in printed
    assert printed.count("error:") == 1 and "No space left on device" in printed and "Traceback" not in printed
    assert store.records() == before and not list((small / "results" / "failures").iterdir())
    (small / "filler").unlink()
    assert run(small, folder, "--seeds", "2") == 0
    records = store.records()
    assert len(records) == 2 and before.items() <= records.items()
    assert not list((small / "results").glob("cells/.*")) + list((small / "results").glob("running/.*"))


def test_a_worker_reports_a_full_disk_as_unwritable(tmp_path, folder, cell, monkeypatch):
    from dataclasses import asdict

    from benchmarks.execution import worker

    def refuse(self, key, record):
        raise CannotWrite(self.folder, OSError(errno.ENOSPC, "No space left on device"))

    monkeypatch.setenv("AVE_KERAS_THREADS", "1")
    monkeypatch.setattr("benchmarks.execution.devices.limit_threads", lambda threads: None)
    monkeypatch.setattr(Store, "write", refuse)
    task = {"cell": asdict(cell(epochs=1)), "data": str(folder), "store": str(tmp_path)}
    ended = worker.prepare()(task, lambda **message: None)
    assert ended["event"] == "unwritable" and "No space left on device" in ended["error"]
