"""The whole way on real clips: extract, train a step, localize, and the page in a browser."""

import json

import keras
import numpy as np
import pytest

from ave_keras.models.files import read_metadata
from zoo.cli.app import app
from zoo.cli.terminal import run

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="made of parts that are tested on each: one backend is enough"
)
ENCODERS = ("--audio-encoder", "tests.encoders:Sound", "--visual-encoder", "tests.encoders:Sight")
EVENTS = """video,class,start,end,split
BjCEufrlXm4.mp4,Bark,0,10,train
16eUxQwxxbs,Ukulele,0,10,val
0lFf-HP86Q0,"Female speech, woman speaking",5,10,test
"""


def call(capsys, *args):
    with pytest.raises(SystemExit) as stop:
        run(app, list(map(str, args)))
    printed = capsys.readouterr()
    assert not stop.value.code, printed.err
    return printed.out


def test_clips_become_a_page(shared, tmp_path, capsys, tab):
    pytest.importorskip("av")
    clips = [shared / "clips" / f"{name}.mp4" for name in ("BjCEufrlXm4", "16eUxQwxxbs", "0lFf-HP86Q0")]
    (tmp_path / "events.csv").write_text(EVENTS)
    own = tmp_path / "own"
    call(capsys, "extract", *clips, "--annotations", tmp_path / "events.csv", "--out", own, "--workers", 0, *ENCODERS)
    train = ("--data", own, "--epochs", 1, "--out", tmp_path / "run", "--no-tensorboard")
    call(capsys, "train", "av_att", *train)
    metadata = read_metadata(tmp_path / "run/model.keras")
    assert metadata["encoders"]["visual"]["encoder"] == "tests.encoders:Sight"
    model = ("--model", tmp_path / "run/model.keras", "--out", tmp_path / "out")
    call(capsys, "localize", clips[2], *model, *ENCODERS, "--annotations", shared / "ave" / "Annotations.txt")
    found = json.loads((tmp_path / "out/0lFf-HP86Q0.json").read_text())
    assert found["class_names"] == [*metadata["class_names"], "Background"] and len(found["class_names"]) == 4
    assert found["truth"] == ["Background"] * 5 + ["Female speech, woman speaking"] * 5
    assert np.shape(found["attention"]) == (10, 3, 2)

    page = tab(tmp_path / "out/0lFf-HP86Q0.html")
    cells = page.locator('.event[data-line="Model"]')
    assert cells.count() == 10
    before = page.evaluate("[overlay.toDataURL(), document.getElementById('cursor').style.left]")
    cells.nth(7).click()
    after = page.evaluate("[overlay.toDataURL(), document.getElementById('cursor').style.left]")
    assert page.evaluate("time") == 7 and all(a != b for a, b in zip(before, after, strict=True))
