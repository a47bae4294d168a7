"""The figure of a data set's statistics, after Fig. 2 of the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ave_keras.plots.colors import BLUE, VERMILLION
from ave_keras.plots.styling import style

if TYPE_CHECKING:
    from ave_keras.data.statistics import Statistics


@style()
def statistics_figure(statistics: Statistics) -> Figure:
    """Draws the number of videos per class and the event lengths.

    Args:
        statistics: The `ave_keras.data.statistics.Statistics`.

    Returns:
        A `matplotlib.figure.Figure` that needs no display; save it with `savefig`.

    Reference:
        Tian et al., ECCV 2018, Fig. 2.
    """
    classes = statistics.per_class
    figure = Figure(figsize=(11, max(3.5, 0.9 + 0.22 * len(classes))), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    figure.suptitle(f"{statistics.title}: {statistics.videos} videos, {len(classes)} event classes")

    bars = left.barh(list(classes), list(classes.values()), color=BLUE)
    left.bar_label(bars, padding=2, fontsize=8)
    left.invert_yaxis()
    left.margins(x=0.1, y=0.01)
    left.set(xlabel="videos", title="Classes")

    lengths = dict(sorted(statistics.lengths.items()))
    full = [length == statistics.segments for length in lengths]
    bars = right.bar(list(lengths), list(lengths.values()), color=[VERMILLION if f else BLUE for f in full])
    for bar, whole in zip(bars, full, strict=True):
        bar.set_hatch("///" if whole else "")
    right.bar_label(bars, padding=2, fontsize=8)
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    right.set(xlabel="event length in segments", ylabel="videos")
    right.set_title(f"Hatched: {100 * statistics.full_length:.1f} % of the events fill the clip")
    return figure
