import io

import pytest

from ave_keras.data.statistics import Statistics
from ave_keras.plots import statistics_figure


@pytest.mark.parametrize("classes", [1, 28])
def test_draws(classes):
    per_class = {f"class {c}": c + 1 for c in range(classes)}
    statistics = Statistics("a title", 40, 40, 10, per_class, {10: 30, 3: 9, 0: 1}, 0.75, {}, {}, {}, [], 0, {})
    figure = statistics_figure(statistics)
    left, right = figure.axes
    assert [bar.get_width() for bar in left.patches] == list(per_class.values())
    assert sorted(bar.get_height() for bar in right.patches) == [1, 9, 30]
    assert "75.0 %" in right.get_title() and "a title" in figure.get_suptitle()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    assert buffer.getvalue().startswith(b"\x89PNG")
