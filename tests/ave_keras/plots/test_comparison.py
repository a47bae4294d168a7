import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex

from ave_keras import AVEError
from ave_keras.plots import bars_figure, effects_figure, scatter_figure


def test_bars():
    ends = [[50, 65], [np.nan, np.nan], [np.nan, np.nan]]
    figure = bars_figure(
        ["A", "V", "none"], [60, 40.3, None], intervals=ends, marks=[59.5, None, 20], lines={"x": 17.8}
    )
    (axes,) = figure.axes
    assert [bar.get_width() for bar in axes.patches] == [60, 40.3, 0]
    assert [t.get_text() for t in axes.texts] == ["60.0", "40.3"]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["A", "V", "none"] and axes.yaxis_inverted()
    (whiskers,) = (c for c in axes.collections if hasattr(c, "get_segments"))
    assert [segment.tolist() for segment in whiskers.get_segments()] == [[[50, 0], [65, 0]]]
    marks = next(c for c in axes.collections if c.get_label() == "the paper, on AVE").get_offsets()
    assert marks.compressed().tolist() == [59.5, 0, 20, 2]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["ours", "the paper, on AVE", "x: 17.8"]


def test_no_interval_draws_no_whisker():
    (axes,) = bars_figure(["A"], [60], intervals=[[np.nan, np.nan]], marks=[None]).axes
    assert not axes.collections
    with pytest.raises(AVEError, match="key 'intervals'"):
        bars_figure(["A"], [60], intervals=[50, 70])
    with pytest.raises(AVEError, match="key 'values'"):
        bars_figure(["A", "B"], [60])


def test_groups_of_points():
    names, groups = ["a", "b", "c"], ["2018", "later", "2018"]
    figure = scatter_figure(names, [1e6, 2e6, 3e6], [70, 80, 75], errors=[1, None, 2], groups=groups, unit="B")
    (axes,) = figure.axes
    points = {c.get_label(): c for c in axes.collections if c.get_label() in groups}
    assert points["2018"].get_offsets().tolist() == [[1e6, 70], [3e6, 75]]
    assert to_hex(points["2018"].get_facecolor()[0]) != to_hex(points["later"].get_facecolor()[0])
    assert len(points["2018"].get_paths()[0]) != len(points["later"].get_paths()[0])  # The markers.
    assert {t.get_text() for t in axes.texts} == {*names} and axes.get_xscale() == "log"
    assert axes.xaxis.get_major_formatter()(2e6) == "2 MB"
    # A group of another figure keeps its color for the others.
    (axes,) = scatter_figure(["b"], [1], [1], groups=["later"], order=["2018", "later"]).axes
    (found,) = (c for c in axes.collections if c.get_label() == "later")
    assert to_hex(found.get_facecolor()[0]) == to_hex(points["later"].get_facecolor()[0])


def test_labels_do_not_cover_each_other():
    rng = np.random.default_rng(0)
    x, y = 10 ** rng.uniform(5.9, 6.1, 20), rng.uniform(80, 90, 20)
    figure = scatter_figure([f"entry {i}" for i in range(20)], x, y)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    boxes = [text.get_window_extent(renderer) for text in figure.axes[0].texts if text.get_text()]
    assert len(boxes) == 20 and not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_chosen_labels_and_mistakes():
    (axes,) = scatter_figure(["a", "b"], [1, 2], [1, 2], labels=["b"], log=False).axes
    assert [t.get_text() for t in axes.texts] == ["b"]
    with pytest.raises(AVEError, match="no logarithm"):
        scatter_figure(["a"], [0], [1])
    with pytest.raises(AVEError, match="group per name"):
        scatter_figure(["a"], [1], [1], groups=[])


def test_effects():
    figure = effects_figure({"one": {"x": (0.5, -0.5, 1.5)}, "two": {"y": (2, None, None), "x": (1, 0, 2)}}, margin=1)
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["x", "y"]
    (band,) = axes.patches
    assert (band.get_x(), band.get_width()) == (-1, 2)
    lines = next(c for c in axes.collections if hasattr(c, "get_segments"))
    assert lines.get_segments()[0][:, 0].tolist() == [-0.5, 1.5]
    assert not effects_figure({"one": {"x": (0.5, -0.5, 1.5)}}).axes[0].patches
    with pytest.raises(AVEError, match="key 'one'"):
        effects_figure({"one": {"x": (0.5, 1)}})
