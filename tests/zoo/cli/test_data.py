import json
import os
import sys
import warnings

import numpy as np
import pytest
import typer

from ave_keras.data import AVE
from ave_keras.errors import AVEError
from zoo.cli.app import app
from zoo.cli.terminal import run

TINY = ["--videos", "12", "--classes", "3", "--visual-shape", "3x2x4", "--audio-dim", "5"]


def call(capsys, *argv):
    """Status, output and errors of a command."""
    with pytest.raises(SystemExit) as end:
        run(app, list(map(str, argv)))
    out, err = capsys.readouterr()
    return end.value.code or 0, out, err


@pytest.fixture
def folder(tmp_path, capsys):
    status, out, _ = call(capsys, "data", "synth", tmp_path / "s", *TINY)
    assert status == 0 and "next: ave-keras data info" in out
    return tmp_path / "s"


def test_synth(folder):
    ave = AVE.from_directory(folder)
    assert ave.title == "synthetic AVE" and len(ave.annotations) == 12 and ave.spec["visual_shape"] == (3, 2, 4)


def test_info(folder, capsys, tmp_path):
    status, out, _ = call(capsys, "data", "info", folder, "--plot", tmp_path / "p.png", "--check")
    assert status == 0 and (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    for text in ("synthetic AVE", "3, of 4 to 4 videos", "always background", "synthetic 02", "checked: 0 bad rows"):
        assert text in out


def test_info_of_the_released_annotations(shared, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    status, out, _ = call(capsys, "data", "info", shared / "ave")
    assert status == 0
    for text in ("4143, of 4097", "28, of 60 to 188", "66.4 %", "row 26", "17.8", "82.2", "Church bell"):
        assert text in out


def test_pack(folder, capsys, tmp_path):
    status, out, _ = call(capsys, "data", "pack", folder, "--out", tmp_path / "p")
    assert status == 0 and "features of" in out
    status, _, err = call(capsys, "data", "pack", folder, "--out", tmp_path / "p")
    assert status == 2 and "already" in err and "--force" in err
    assert call(capsys, "data", "pack", folder, "--out", tmp_path / "p", "--force")[0] == 0


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["info", "nowhere"], "error: folder not found (nowhere)"),
        (["synth", "x", "--visual-shape", "7x7"], "expected like 7x7x512, found '7x7'"),
        (["synth", "x", "--videos", "1"], "error: too few videos (key 'videos'): expected at least 3"),
    ],
)
def test_bad_input_is_one_line_and_status_2(capsys, argv, message):
    status, _, err = call(capsys, "data", *argv)
    assert status == 2 and message in err and err.count("\n") == 1


def test_a_picture_that_cannot_be_drawn(folder, capsys, tmp_path):
    status, _, err = call(capsys, "data", "info", folder, "--plot", tmp_path / "p.xyz")
    assert status == 2 and "cannot save the figure" in err
    status, _, err = call(capsys, "data", "info", folder, "--plot", tmp_path / "no" / "p.png")
    assert status == 2 and "No such file" in err and err.count("\n") == 1


@pytest.mark.parametrize("command", [[], ["info"], ["pack"], ["synth"]])
def test_help_teaches(command, capsys):
    status, out, _ = call(capsys, "data", *command, "--help")
    assert status == 0
    assert not command or "Example: ave-keras data" in out


def ends_with(error):
    made = typer.Typer()

    @made.command()
    def fail():
        sys.stderr.write(warnings.formatwarning("beware", UserWarning, "file.py", 1))
        raise error

    return made


WAY_OUT = "Free some space, or choose a path that can be read and written"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (AVEError("broken", file="a"), "error: broken (a).\n"),
        (
            OSError(28, "No space left on device", "a"),
            f"error: cannot read or write (a): found No space left on device. {WAY_OUT}\n",
        ),
        (OSError("two\nlines"), f"error: cannot read or write: found two lines. {WAY_OUT}\n"),
    ],
)
def test_run_tells_errors_and_warnings_in_a_line(error, text, capsys, monkeypatch):
    with pytest.raises(SystemExit) as end:
        run(ends_with(error), [])
    assert end.value.code == 2
    assert capsys.readouterr().err == "warning: beware\n" + text
    monkeypatch.setenv("AVE_KERAS_DEBUG", "1")
    with pytest.raises(type(error)):
        run(ends_with(error), [])


def test_other_errors_are_not_hidden(capsys):
    with pytest.raises(KeyError):
        run(ends_with(KeyError("a bug")), [])


def test_reader_that_has_seen_enough(monkeypatch, capsys):
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    monkeypatch.setattr("sys.stdout.fileno", lambda: 1, raising=False)
    with pytest.raises(SystemExit) as end:
        run(ends_with(BrokenPipeError()), [])
    assert end.value.code == 0


def test_import(folder, tmp_path, capsys):
    """A folder comes back; a video without features is listed, and the exit code says so."""
    paths = [f"--{m}={folder / f'{m}_feature.h5'}" for m in ("audio", "visual")]
    clips = [f"--background-{m}={folder / f'{m}_feature_noisy.h5'}" for m in ("audio", "visual")]
    command = ("data", "import", "--annotations", folder, *paths, *clips, "--layout", "channels_last", "--out")
    status, out, err = call(capsys, *command, tmp_path / "own")
    assert (status, err.count("warning")) == (0, 0), err
    assert "12 rows and 1 background clips of 10 segments; audio 5 float16; visual 3×2×4 float16" in out
    ave, before = (AVE.from_directory(path) for path in (tmp_path / "own", folder))
    assert ave.spec == before.spec and (ave.labels == before.labels).all()
    status, _, err = call(capsys, *command, tmp_path / "own")
    assert status == 2 and "the folder already contains a data set" in err
    ids = [a.video_id for a in before.annotations]
    audio = before.features.main["audio"][0]
    np.savez(tmp_path / "audio.npz", **dict(zip(ids[:-1], audio[:-1], strict=True)))
    some = ("data", "import", "--annotations", folder, "--audio", tmp_path / "audio.npz", "--out", tmp_path / "some")
    status, out, _ = call(capsys, *some)
    assert status == 1 and "videos left out, 1:" in out
    assert f"{ids[-1]}, audio: no features ({tmp_path / 'audio.npz'}, key '{ids[-1]}'): found" in out


def test_convert(tmp_path, capsys):
    events = [{"segment": [0.4, 2.6], "label": "Bark", "label_id": 0}]
    database = {v: {"duration": 5, "subset": v, "annotations": events} for v in ("train", "validation", "test")}
    (tmp_path / "unav100_annotations.json").write_text(json.dumps({"database": database}))
    status, out, _ = call(capsys, "data", "convert", tmp_path, "--from", "unav100", "--out", tmp_path / "own")
    assert status == 0 and "UnAV-100, 3 rows of 3 videos, 5 segments" in out
    assert AVE.from_directory(tmp_path / "own").labels[0].argmax(axis=1).tolist() == [0, 0, 0, 1, 1]
    status, _, err = call(capsys, "data", "convert", tmp_path, "--from", "ave", "--out", tmp_path / "other")
    assert status == 2 and "unknown data set (key 'from'): expected one of" in err
