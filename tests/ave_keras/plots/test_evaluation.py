import numpy as np
import pytest
from matplotlib.colors import to_rgb

from ave_keras import AVEError
from ave_keras.plots import class_figure, confusion_figure, evaluation_figure

TRUTH, PREDICTED, NAMES = [[0, 0, 2, 2]], [[0, 2, 2, 2]], ("Bark", "Cat", "Background")
SHARES = [[50, 0, 50], [0, 0, 0], [0, 0, 100]]
BARS = ["50.0 of 2", "no segment", "100.0 of 2"]


def test_matrix_beside_bars():
    figure = evaluation_figure(TRUTH, PREDICTED, NAMES, "a title")
    left, right = figure.axes
    np.testing.assert_array_equal(left.images[0].get_array(), SHARES)
    assert [bar.get_width() for bar in right.patches] == [50, 0, 100]
    assert [t.get_text() for t in right.texts] == BARS
    assert figure.get_suptitle() == "a title" and right.get_ylim() == left.get_ylim()
    figure.canvas.draw()


def test_numbers_of_the_matrix_are_legible_in_every_cell():
    (axes,) = confusion_figure(TRUTH, PREDICTED, NAMES).axes
    assert {(t.get_position(), t.get_text()) for t in axes.texts} == {((0, 0), "50"), ((2, 0), "50"), ((2, 2), "100")}
    for cmap in ("cividis", "Blues"):  # Their dark ends are opposite.
        (axes,) = confusion_figure(TRUTH, PREDICTED, NAMES, cmap=cmap).axes
        (image,) = axes.images
        for text in axes.texts:
            column, row = text.get_position()
            cell, ink = (np.mean(to_rgb(c)) for c in (image.cmap(SHARES[row][column] / 100)[:3], text.get_color()))
            assert abs(cell - ink) > 0.3
    assert [t.get_text() for t in axes.get_yticklabels()] == [*NAMES]


def test_bars_alone():
    (axes,) = class_figure(TRUTH, PREDICTED, NAMES).axes
    assert [t.get_text() for t in axes.texts] == BARS
    assert [t.get_text() for t in axes.get_yticklabels()] == [*NAMES] and axes.yaxis_inverted()


def test_mistakes():
    with pytest.raises(AVEError, match="differ in shape"):
        evaluation_figure([[0, 1]], [[0]], NAMES)
    with pytest.raises(AVEError, match="class has no name"):
        class_figure([[0, 3]], [[0, 1]], NAMES)
