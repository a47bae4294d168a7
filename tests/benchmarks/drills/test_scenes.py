"""Errors by what is seen and heard, on labels and scenes written by hand."""

import keras
import numpy as np
import pytest

import zoo
from ave_keras import AVEError
from ave_keras.data import AVE
from benchmarks.drills import scenes
from benchmarks.results.store import Store

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="files do not depend on the backend")


@pytest.fixture
def films(tmp_path, folder):
    """Films of which everything is heard, and the first half seen."""
    ave = AVE.from_directory(folder)
    half = ave.segments // 2
    seen, heard = "1" * half + "0" * (ave.segments - half), "1" * ave.segments
    lines = [f"{annotation.video_id},{seen},{heard}" for annotation in ave.annotations]
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "scenes.csv").write_text("\n".join(["video,seen,heard", *lines]) + "\n")
    return tmp_path / "films"


def record(folder, wrong, **recipe):
    """The record of an `av_att` that is wrong in these seconds of the videos 1 and 2."""
    ave = AVE.from_directory(folder)
    truth = np.zeros((2, ave.segments), int)
    predicted = truth.copy()
    predicted[:, wrong] = 1
    entry = zoo.entry("av_att").to_dict()
    entry["recipe"] |= {"epochs": 3, "batch_size": 5} | recipe
    cell = {"entry": "av_att", "seed": 0, "protocol": "paper", "data": {"sha256": ave.fingerprint()["sha256"]}}
    part = {"rows": [1, 2], "truth": truth.tolist(), "predicted": predicted.tolist()}
    return {"cell": cell, "entry": entry, "val": part}


def test_the_kinds_of_seconds(films):
    (films / "scenes.csv").write_text("video,seen,heard\nx,1010,1100\ny,0000,0000\n")
    np.testing.assert_array_equal(scenes.kinds(films, ["y", "x"]), [[3, 3, 3, 3], [0, 1, 2, 3]])


def test_the_table_has_the_errors_of_unchanged_entries(tmp_path, films, folder):
    half = AVE.from_directory(folder).segments // 2
    store = Store(tmp_path / "results")
    store.write("1", record(folder, [0]))
    store.write("2", record(folder, [0, 1], learning_rate=0.5))
    found = scenes.table(films, folder, store).splitlines()[2:]
    assert found == [f"| `av_att` | 1 | {100 / half:.1f} | 0.0 | – | – |"]


def test_mistakes_end_with_one_line(tmp_path, films, folder, capsys, monkeypatch):
    results = tmp_path / "results"
    Store(results / "studies")
    for args, message in (
        ([tmp_path, folder], "scenes.csv"),
        ([films, folder, "--results", results], "nothing to compare"),
    ):
        monkeypatch.setattr("sys.argv", ["scenes", *map(str, args)])
        with pytest.raises(SystemExit) as stop:
            scenes.main()
        assert stop.value.code == 2 and message in capsys.readouterr().err
    (films / "scenes.csv").write_text("video,seen,heard\nother,1,1\n")
    monkeypatch.setattr("sys.argv", ["scenes", str(films), str(folder)])
    with pytest.raises(SystemExit):
        scenes.main()
    assert "features of other films" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["x,10\ny,01,11\n", "x,10,1\ny,01,11\n", "x,1a,11\ny,01,11\n"])
def test_a_damaged_file(films, text):
    (films / "scenes.csv").write_text(f"video,seen,heard\n{text}")
    with pytest.raises(AVEError, match="a 0 or 1 for every second"):
        scenes.kinds(films, ["x", "y"])
