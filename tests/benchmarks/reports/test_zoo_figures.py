import keras
import pytest

import zoo
from ave_keras import AVEError
from benchmarks import ROOT
from benchmarks.reports import zoo_figures
from benchmarks.results.files import read_csv
from zoo.card import results

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="no backend takes part")
SPEEDS = read_csv(ROOT / "docs" / "speed.csv")


def points(figure):
    """`{(x, y)}` of the markers, and the labels."""
    (axes,) = figure.axes
    groups = [c for c in axes.collections if not hasattr(c, "get_segments")]
    return {tuple(p) for c in groups for p in c.get_offsets()}, {t.get_text() for t in axes.texts} - {""}


def test_accuracy_against_size():
    found, labels = points(zoo_figures.size_figure("supervised"))
    (row,) = (r for r in results("av_att") if r["data"].startswith("AV-mini") and r["select"] == "val")
    assert (zoo.entry("av_att").parameters, float(row["mean"])) in found
    assert {"av_att", "cmran", "dmrn_late", "ssn"} <= labels and not {"mb_early", "w_a"} & labels
    weak, labels = points(zoo_figures.size_figure("weak"))
    assert labels == {name for name in zoo_figures.measured() if zoo.entry(name).task == "weak"} and not weak & found
    fusions, labels = points(zoo_figures.size_figure("fusion"))
    assert fusions < found and {"mb_early", "dmrfe_late"} < labels and "av_att" not in labels


def test_accuracy_against_speed():
    found, labels = points(zoo_figures.speed_figure("supervised", SPEEDS))
    (row,) = (r for r in SPEEDS if r["entry"] == "av_att")
    assert float(row["step_ms"]) / 1000 in {x for x, _ in found}
    assert labels == {r["entry"] for r in SPEEDS} & set(zoo.list(task="supervised"))
    other = [{**row, "batch_size": "1", "step_ms": "5"} for row in SPEEDS]
    assert points(zoo_figures.speed_figure("supervised", SPEEDS + other))[0] == found


def test_files(tmp_path):
    first, again = (zoo_figures.draw(tmp_path / name, SPEEDS) for name in "ab")
    assert [path.name for path in first] == [
        *("size-supervised.svg", "size-weak.svg", "size-fusion.svg", "speed-supervised.svg", "speed-weak.svg")
    ]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    with pytest.raises(AVEError, match="no figures of this data set"):
        zoo_figures.measured("nothing")
