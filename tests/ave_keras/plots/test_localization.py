import numpy as np
import pytest

from ave_keras.errors import AVEError
from ave_keras.localization.result import Localization
from ave_keras.plots import attention_figure, overview_figure, save, strip_figure, timeline_figure
from ave_keras.plots.localization import PREDICTION, TRUTH

NAMES = ("Bark", "Cat", "Background")


class Video:
    name = "dog.mp4"


def localization(seconds=3, attention=True, truth=("Meow", "Background", "Bark"), classes=(0, 2, 0)):
    rng = np.random.default_rng(0)
    shares = np.eye(3)[list(classes)] * 0.7 + 0.1
    maps = rng.dirichlet(np.ones(6), seconds).reshape(seconds, 3, 2) if attention else None
    return Localization(Video, NAMES, shares, maps, truth, "av_att")


def frames(seconds=3):
    return np.full((seconds, 12, 16, 3), 90, "uint8")


def framed(axes):
    return axes.spines["left"].get_edgecolor() if axes.spines["left"].get_visible() else None


def test_strip_outlines_truth_in_yellow_and_predictions_in_red():
    from matplotlib.colors import to_rgba

    figure = strip_figure(localization(), frames())
    above, below = figure.axes[:3], figure.axes[3:]
    assert [framed(a) for a in above] == [to_rgba(TRUTH), None, to_rgba(TRUTH)]
    assert [framed(a) for a in below] == [to_rgba(PREDICTION), None, to_rgba(PREDICTION)]
    assert [len(a.images) for a in figure.axes] == [1, 1, 1, 2, 2, 2]
    weights = below[1].images[1]
    np.testing.assert_array_equal(weights.get_array(), localization().attention[1])
    assert weights.get_clim() == (0, localization().attention[1].max())
    assert weights.get_extent() == [-0.5, 15.5, 11.5, -0.5]
    assert [a.get_xlabel().split("\n")[1] for a in below] == ["Bark", "Background", "Bark"]


def test_long_videos_and_models_without_attention():
    twelve = localization(12, attention=False, truth=None, classes=[0] * 12)
    figure = strip_figure(twelve, frames(12))
    assert sum(bool(a.images) for a in figure.axes) == 12 and len(figure.axes) == 20
    with pytest.raises(AVEError, match="has no attention"):
        attention_figure(twelve, frames(12))
    with pytest.raises(AVEError, match="expected 3, found 2"):
        strip_figure(localization(), frames(2))


def test_overlays_of_events_only():
    figure = attention_figure(localization(), frames())
    assert [a.get_title() for a in figure.axes] == ["0 s · Bark", "2 s · Bark"]
    assert all(len(a.images) == 2 for a in figure.axes)
    assert len(attention_figure(localization(classes=(2, 2, 2)), frames()).axes) == 3


def test_timeline_has_a_box_per_second(tmp_path):
    figure = timeline_figure(localization())
    above, below = figure.axes
    colors = [box.get_facecolor() for box in above.patches]
    assert (
        len(colors) == 6 and colors[0] == colors[2] == colors[5] and colors[1] == colors[4] and colors[3] != colors[0]
    )
    assert below.get_legend_handles_labels()[1] == ["Bark", "Background", "Meow (not a class of the model)"]
    save(figure, tmp_path / "t.png")
    assert (tmp_path / "t.png").stat().st_size > 1000
    with pytest.raises(AVEError, match=r"t\.docx"):
        save(figure, tmp_path / "t.docx")


@pytest.mark.parametrize("attention", [True, False])
def test_overview_has_a_frame_above_each_second(attention):
    found = localization(attention=attention)
    figure = overview_figure(found, frames())
    *pictures, above, below = figure.axes
    assert len(pictures) == (6 if attention else 3)
    assert [len(axes.images) for axes in pictures] == ([1, 2] * 3 if attention else [1] * 3)
    figure.canvas.draw()
    for second, axes in enumerate(pictures[:: 2 if attention else 1]):
        left, right = axes.get_window_extent().intervalx
        wanted = above.transData.transform([(second, 0), (second + 1, 0)])[:, 0]
        np.testing.assert_allclose((left, right), wanted, atol=1)
    assert [text.get_text() for text in above.get_yticklabels()] == ["model", "truth"]
    np.testing.assert_allclose(below.lines[0].get_ydata(), found.probabilities[:, 0])
    with pytest.raises(AVEError, match="one per second"):
        overview_figure(found, frames(2))
