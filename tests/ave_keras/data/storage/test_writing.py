import errno
from pathlib import Path

import h5py
import numpy as np
import pytest

from ave_keras.data import AVE
from ave_keras.data.storage import writing
from ave_keras.data.storage.pack import pack
from ave_keras.data.synthetic import SyntheticAVE
from ave_keras.errors import AVEError
from tests.ave_keras.data.conftest import TINY, replace, values


class Interrupted(BaseException):
    pass


def interrupt(rows):
    raise Interrupted


def test_an_interrupted_write_leaves_nothing(tmp_path, made):
    with pytest.raises(Interrupted):
        made.write(tmp_path / "new", advance=interrupt)
    assert not (tmp_path / "new").exists()
    with pytest.raises(AVEError, match=r"folder not found .*new\)"):
        AVE.from_directory(tmp_path / "new")


def test_a_killed_write_does_not_load(tmp_path, made, monkeypatch):
    """As after kill -9 while the files get their names: nothing is cleaned up."""
    rename, names = Path.replace, []

    def stop_at_third(self, target):
        names.append(self)
        if len(names) == 3:
            raise Interrupted
        return rename(self, target)

    with monkeypatch.context() as patch, pytest.raises(Interrupted):
        patch.setattr(Path, "replace", stop_at_third)
        patch.setattr(Path, "unlink", lambda *_, **__: None)
        made.write(tmp_path / "new")
    assert list((tmp_path / "new").glob("*.partial"))
    with pytest.raises(AVEError, match=r"Annotations\.txt"):
        AVE.from_directory(tmp_path / "new")
    made.write(tmp_path / "new", force=True)
    assert len(AVE.from_directory(tmp_path / "new").annotations) == 40
    assert not list((tmp_path / "new").glob("*.partial"))


def test_nothing_is_overwritten_unasked(folder, made):
    with pytest.raises(AVEError, match=r"already .*tiny\): found Annotations\.txt.*--force"):
        made.write(folder)
    (folder / "README.md").write_text("mine")
    SyntheticAVE(9, **{**TINY, "background_videos": 0}).write(folder, force=True)
    ave = AVE.from_directory(folder)
    assert len(ave.annotations) == 9 and not ave.background_rows.size
    assert (folder / "README.md").read_text() == "mine"


def test_an_interrupted_replacement_keeps_the_old(folder, made):
    before = AVE.from_directory(folder).fingerprint()
    with pytest.raises(Interrupted):
        SyntheticAVE(9, **TINY).write(folder, force=True, advance=interrupt)
    assert AVE.from_directory(folder).fingerprint() == before


def test_a_file_in_place_of_the_folder(tmp_path, made):
    (tmp_path / "file").touch()
    with pytest.raises(AVEError, match="not a folder"):
        made.write(tmp_path / "file")


@pytest.mark.parametrize(
    "error", [OSError(errno.EROFS, "Read-only file system"), PermissionError(13, "Permission denied")]
)
def test_read_only_folder(tmp_path, made, monkeypatch, error):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(h5py, "File", refuse)
    with pytest.raises(AVEError, match=rf"cannot write .*new\): found {error.strerror}\. Nothing was kept"):
        made.write(tmp_path / "new")


def test_full_disk(folder, tmp_path, monkeypatch):
    """h5py raises a RuntimeError where closing a file finds the disk full."""
    count = []

    def fill(*_):
        count.append(1)
        if len(count) > 1:
            raise RuntimeError("Can't decrement id ref count (errno = 28, 'No space left on device')")

    monkeypatch.setattr("ave_keras.data.storage.pack.write_rows", fill)
    with pytest.raises(AVEError, match=r"cannot write .*No space left on device"):
        pack(folder, tmp_path / "packed")
    assert not (tmp_path / "packed").exists()


def test_rows_in_blocks(tmp_path, monkeypatch, rng):
    monkeypatch.setattr(writing, "BLOCK_BYTES", 100)
    assert writing.spans(5, 40) == [(0, 2), (2, 4), (4, 5)] and writing.spans(2, 1000) == [(0, 1), (1, 2)]
    array = rng.normal(size=(5, 5))
    writing.write_rows(tmp_path / "a.h5", "k", (5, 5), "f8", (array[a:b] for a, b in writing.spans(5, 40)))
    np.testing.assert_array_equal(values(tmp_path / "a.h5", "k"), array)


@pytest.mark.parametrize("layout", [{}, {"compression": "gzip"}])
def test_pack(folder, tmp_path, layout):
    whole = values(folder / "visual_feature.h5")
    replace(folder / "visual_feature.h5", "avadataset", whole.astype(">f8"), **layout)
    seen, rows = [], []
    before, after = pack(
        folder, tmp_path / "packed", start=lambda name, n: seen.append((name, n)), advance=lambda n: rows.append(n)
    )
    assert before > after and sum(rows) == 86 and ("visual_feature.h5", 40) in seen
    packed, old = AVE.from_directory(tmp_path / "packed"), AVE.from_directory(folder)
    assert (
        packed.title == old.title and packed.features.describe("visual") == "(40, 10, 3, 2, 4) float16, memory-mapped"
    )
    np.testing.assert_array_equal(packed.dataset("train")[0][0]["visual"], old.dataset("train")[0][0]["visual"])
    np.testing.assert_array_equal(packed.source_mask, old.source_mask)
    with pytest.raises(AVEError, match="already"):
        pack(folder, tmp_path / "packed")
    pack(folder, tmp_path / "packed", force=True)


@pytest.mark.parametrize("value", [np.nan, np.inf, 7e4])
def test_pack_refuses_what_float16_cannot_hold(folder, tmp_path, value):
    array = values(folder / "audio_feature.h5").astype("float32")
    array[31, 2, 1] = value
    replace(folder / "audio_feature.h5", "avadataset", array)
    message = (
        r"does not fit float16 .*audio_feature\.h5, key 'avadataset'\): .*65504, found (nan|inf|70000\.0) in row 31"
    )
    with pytest.raises(AVEError, match=message):
        pack(folder, tmp_path / "packed")
    assert not (tmp_path / "packed").exists()


def test_pack_needs_features_and_a_place(folder, tmp_path):
    with pytest.raises(AVEError, match="cannot pack a data set in place"):
        pack(folder, folder, force=True)
    for path in folder.glob("*_feature*.h5"):
        path.unlink()
    with pytest.raises(AVEError, match="no features to pack"):
        pack(folder, tmp_path / "packed")
