"""The figure of a data set's statistics, after Fig. 2 of the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from ave_keras.data.statistics import Statistics

EVENT, FULL = "#4878a8", "#c8693f"


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

    bars = left.barh(list(classes), list(classes.values()), color=EVENT)
    left.bar_label(bars, padding=2, fontsize=8)
    left.invert_yaxis()
    left.tick_params(axis="y", labelsize=8)
    left.margins(x=0.1, y=0.01)
    left.set_xlabel("videos")

    lengths = dict(sorted(statistics.lengths.items()))
    full = [FULL if length == statistics.segments else EVENT for length in lengths]
    bars = right.bar(list(lengths), list(lengths.values()), color=full)
    right.bar_label(bars, padding=2, fontsize=8)
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    right.set_xlabel("event length in segments")
    right.set_ylabel("videos")
    right.set_title(f"{100 * statistics.full_length:.1f} % of the events fill the clip", fontsize=10, color=FULL)

    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return figure
