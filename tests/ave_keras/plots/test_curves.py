import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.plots import curves_figure

HISTORY = {"loss": [2, 1, 0.5], "val_loss": [2, 1.5, 1.6], "segment_accuracy": [0.2, 0.5, 0.7]}
HISTORY |= {"val_segment_accuracy": [0.2, 0.6, 0.4]}


def test_one_run_marks_its_best_epoch():
    left, right = curves_figure({"av_att": HISTORY}, "av_att").axes
    assert [line.get_label() for line in left.lines] == ["training", "validation"]
    np.testing.assert_array_equal(left.lines[0].get_xydata(), [[1, 2], [2, 1], [3, 0.5]])
    best = right.lines[-1]
    assert best.get_label() == "best: epoch 2" and best.get_xydata().tolist() == [[2, 0.6]]
    assert left.lines[0].get_linestyle() != left.lines[1].get_linestyle()
    assert left.get_yscale() == "log" and left.yaxis.get_major_formatter()(0.5) == "0.5"
    assert right.get_ylabel() == "segment accuracy"


def test_epochs_without_a_validation_and_texts_of_a_csv_file():
    history = {"loss": ["2.0", "1.0", "0.5"], "val_exact_match": ["0.5", "NA", ""]}
    _, right = curves_figure({"avdln": history}).axes
    assert right.lines[0].get_xydata().tolist() == [[1, 0.5]] and right.get_ylabel() == "exact match"
    _, right = curves_figure({"avdln": {"loss": [1], "val_exact_match": [None]}}).axes
    assert not right.lines


def test_several_runs_share_a_look_per_entry():
    runs = {f"entry {i}": [HISTORY, HISTORY] for i in range(9)}
    figure = curves_figure(runs)
    left, right = figure.axes
    assert len(left.lines) == len(right.lines) == 18
    every = [(line.get_color(), line.get_linestyle(), line.get_marker()) for line in right.lines]
    assert len(set(every)) == 9 and every[::2] == every[1::2]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [*runs]
    assert right.get_ylabel() == "validation segment accuracy"


def test_a_long_legend_leaves_the_axes_their_width():
    widths = {}
    for count in (2, 50):
        figure = curves_figure({f"an_entry_{i}": [HISTORY] for i in range(count)})
        figure.draw_without_rendering()
        widths[count] = [axes.get_window_extent().width / figure.dpi for axes in figure.axes]
    assert min(widths[50]) > 0.95 * min(widths[2])


def test_a_negative_loss_has_no_logarithm():
    left, _ = curves_figure({"dcca": {"loss": [-1, -2]}}).axes
    assert left.get_yscale() == "linear"
    left, _ = curves_figure({"a": {"loss": [1.2, 1]}}).axes
    assert left.get_yscale() == "linear"
    with pytest.raises(AVEError, match="no run"):
        curves_figure({})
