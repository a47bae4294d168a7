import numpy as np
import pytest
from sklearn.metrics import roc_curve

from ave_keras import AVEError
from ave_keras.metrics import reliability
from ave_keras.plots import reliability_figure, roc_figure


def test_bars_are_accuracies_and_marks_confidences():
    found = reliability([0, 1, 1, 0], [[0.9, 0.1], [0.1, 0.9], [0.9, 0.1], [0.6, 0.4]], 5)
    (axes,) = reliability_figure({"before": found}).axes
    assert [(bar.get_x(), bar.get_height()) for bar in axes.patches] == [
        (pytest.approx(40), 100),
        (pytest.approx(80), pytest.approx(200 / 3)),
    ]
    share, confidence, _ = axes.lines
    np.testing.assert_allclose(share.get_ydata(), [0, 0, 25, 0, 75])
    np.testing.assert_allclose(confidence.get_ydata(), [60, 90])
    assert len(reliability_figure({"before": found, "after": found}, "both").axes) == 2


def test_curves_are_those_of_scikit_learn(rng):
    known, unknown = rng.normal(size=50).round(1), rng.normal(1, 1, 40).round(1)
    pairs = {"a": [(known, unknown), (unknown, known)]}
    figure = roc_figure({str(n): pairs for n in range(5)}, "five")
    x, y = figure.axes[0].lines[0].get_xydata().T
    false, true, _ = roc_curve(np.repeat([0, 1], [50, 40]), np.concatenate([known, unknown]), drop_intermediate=False)
    np.testing.assert_allclose(np.unique([x, y], axis=1), np.unique([100 * false, 100 * true], axis=1))
    (text,) = figure.axes[0].get_legend().get_texts()
    assert text.get_text() == "a: AUROC 50.0 %"
    assert [axes.axison for axes in figure.axes] == [True] * 5 + [False]


def test_nothing_to_draw():
    for function in (reliability_figure, roc_figure):
        with pytest.raises(AVEError, match="to draw"):
            function({})
