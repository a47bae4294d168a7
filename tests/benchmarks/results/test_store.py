import errno
import json
import time
from pathlib import Path

import filelock
import pytest

from ave_keras import AVEError
from benchmarks.results.files import atomic
from benchmarks.results.store import Store


def test_writing_a_record_deletes_state_and_failure(tmp_path):
    store = Store(tmp_path)
    store.state("k").write_bytes(b"x")
    store.fail("k", {}, "reason")
    assert (store.has("k"), store.failure("k")) == (False, "reason")
    store.write("k", {"a": 1})
    assert store.read("k") == {"a": 1} and store.records() == {"k": {"a": 1}}
    assert not store.state("k").exists() and store.failure("k") is None


@pytest.mark.parametrize("text", ['{"a": ', "[]", "{}", "3"])
def test_a_damaged_record_is_renamed(tmp_path, capsys, text):
    store, file = Store(tmp_path), tmp_path / "cells" / "k.json"
    file.write_text(text)
    with pytest.warns(UserWarning, match=r"k\.json cannot be read and is ignored"):
        assert not Store(tmp_path, write=False).has("k") and file.exists()
    assert not store.has("k")
    assert "cannot be read and was renamed" in capsys.readouterr().out
    assert [f.read_text() for f in (tmp_path / "cells").iterdir()] == [text]
    assert not file.exists()


def test_an_interrupted_write_leaves_the_old_record(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.write("k", {"a": 1})

    def full(self, text):
        self.write_bytes(text[:3].encode())
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(AVEError, match=r"results cannot be written.*No space left.*finished cells are kept"):
        store.write("k", {"a": 2})
    monkeypatch.undo()
    assert store.read("k") == {"a": 1}
    assert [f.name for f in (tmp_path / "cells").iterdir()] == ["k.json"]


def test_a_read_only_folder(tmp_path, monkeypatch):
    def refuse(self, *_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(AVEError, match=r"results cannot be written.*Read-only.*--results"):
        Store(tmp_path / "new")


def test_an_exception_in_atomic_leaves_no_file(tmp_path):
    with pytest.raises(RuntimeError), atomic(tmp_path / "f") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_only_one_process_locks_a_cell(tmp_path):
    store = Store(tmp_path)
    with store.lock("k") as first, store.lock("k") as second, store.lock("other") as third:
        assert (first, second, third) == (True, False, True)
    with store.lock("k") as again:
        assert again


def test_the_lock_deletes_partial_files_of_killed_processes(tmp_path):
    store = Store(tmp_path)
    parts = [tmp_path / "running" / ".k.npz.12-ab", tmp_path / "cells" / ".k.json.12-ab"]
    other = tmp_path / "running" / ".other.npz.12-ab"
    for part in (*parts, other):
        part.touch()
    with store.lock("k"):
        assert not any(part.exists() for part in parts) and other.exists()


def test_running(tmp_path):
    store = Store(tmp_path)
    assert not store.running("k")
    with store.lock("k"):
        assert store.running("k") and not store.running("other")
    assert not store.running("k")


def test_running_without_write_permission(tmp_path, monkeypatch):
    """The permission error is simulated, since tests may run as root."""
    store = Store(tmp_path)
    with store.lock("k"):

        def refuse(*_, **__):
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
        assert store.running("k")
        monkeypatch.undo()
    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    assert not store.running("k") and not store.running("never")
    assert not (tmp_path / "running" / "never.lock").exists()


def test_a_worker_retries_the_lock(tmp_path, monkeypatch):
    """`running` holds the lock for a moment; a worker that tries at that time waits."""
    import fcntl

    store = Store(tmp_path)
    with (tmp_path / "running" / "k.lock").open("w") as reader:
        fcntl.flock(reader, fcntl.LOCK_SH)
        monkeypatch.setattr(time, "sleep", lambda _: fcntl.flock(reader, fcntl.LOCK_UN))
        with store.lock("k") as acquired:
            assert acquired


def test_a_file_system_without_locks(tmp_path, monkeypatch):
    import fcntl

    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with Store(tmp_path).lock("k") as acquired:
        assert acquired


def test_records_are_plain_json(tmp_path):
    Store(tmp_path).write("k", {"title": "A+V"})
    assert json.loads((tmp_path / "cells" / "k.json").read_text())["title"] == "A+V"


def test_reading_does_not_write(tmp_path):
    Store(tmp_path).write("k", {"a": 1})
    before = sorted(tmp_path.rglob("*"))
    (tmp_path / "cells" / "k.json").chmod(0o444)
    assert Store(tmp_path, write=False).read("k") == {"a": 1}
    assert sorted(tmp_path.rglob("*")) == before
    Store(tmp_path / "absent", write=False)
    assert not (tmp_path / "absent").exists()
