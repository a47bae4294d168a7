import numpy as np

from ave_keras.plots import evaluation_figure


def test_draws():
    truth, predicted = [[0, 0, 2, 2]], [[0, 2, 2, 2]]
    figure = evaluation_figure(truth, predicted, ("Bark", "Cat", "Background"), "a title")
    left, right = figure.axes
    np.testing.assert_array_equal(left.images[0].get_array(), [[50, 0, 50], [0, 0, 0], [0, 0, 100]])
    assert [bar.get_width() for bar in right.patches] == [50, 0, 100]
    assert [t.get_text() for t in right.texts] == ["50.0 of 2", "no segment", "100.0 of 2"]
    assert figure.get_suptitle() == "a title"
    figure.canvas.draw()
