import itertools

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from ave_keras import plots
from ave_keras.plots.colors import PALETTE, class_colors, looks

FIGURES = {
    "bars": lambda: plots.bars_figure(["a"], [50]),
    "classes": lambda: plots.class_figure([[0]], [[0]], ["x"]),
    "curves": lambda: plots.curves_figure({"a": {"loss": [1, 2]}}),
    "embedding": lambda: plots.embedding_figure(np.eye(3), [0, 1, 1], ["x", "y"]),
    "scatter": lambda: plots.scatter_figure(["a"], [1], [1]),
}


def settings():
    """All settings; matplotlib chooses a backend when it is asked for the first time."""
    return {key: value for key, value in matplotlib.rcParams.items() if key != "backend"}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_leave_the_users_settings_alone(name, tmp_path):
    with matplotlib.rc_context({"font.size": 21, "axes.spines.top": True}):
        before = settings()
        figure = FIGURES[name]()
        plots.save(figure, tmp_path / "f.svg")
        assert settings() == before
        # And the figure does not follow them.
        assert not figure.axes[0].spines["top"].get_visible()


def test_the_style_is_one_of_matplotlib():
    import matplotlib.style

    with matplotlib.style.context("ave_keras.plots.ave"):
        assert [c["color"].lower() for c in matplotlib.rcParams["axes.prop_cycle"]] == [f"#{c[1:]}" for c in PALETTE]
    with plots.style():
        assert matplotlib.rcParams["font.size"] == 9


def seen_without_green(color):
    """A color as people without green cones see it; Viénot, Brettel and Mollon (1999)."""
    linear = np.array(to_rgb(color)) ** 2.2
    seen = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]) @ linear
    return np.clip(seen, 0, 1) ** (1 / 2.2)


def test_colors_differ_for_the_colour_blind():
    seen = [seen_without_green(color) for color in PALETTE]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 0.12
    # Red and green of the same brightness do not.
    assert np.linalg.norm(seen_without_green("#b04040") - seen_without_green("#6a6a40")) < 0.12


def test_more_classes_than_colors_differ_by_marker():
    names = [f"class {i}" for i in range(28)]
    colors, every = class_colors(names), looks(names)
    assert colors["class 0"] == colors["class 7"] and colors["Background"] not in PALETTE
    assert len({(color, marker) for color, marker, _ in every.values()}) == 29
    assert len({(color, line) for name, (color, _, line) in every.items() if name != "Background"}) == 28
    assert [every[name][0] for name in names] == [colors[name] for name in names]
