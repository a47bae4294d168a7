"""Figures that compare models: bars against published figures, and accuracy against size or speed."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator
from matplotlib.transforms import Bbox
from numpy.typing import ArrayLike

from ave_keras.errors import AVEError
from ave_keras.plots.colors import BACKGROUND_COLOR, BLUE, VERMILLION, looks
from ave_keras.plots.styling import INK, style

# Where a label may be, in points from its marker: the nearest first.
DISTANCES, DIRECTIONS = (7, 16, 26, 38, 52), 12


@style()
def bars_figure(
    names: Sequence[str],
    values: ArrayLike,
    *,
    intervals: ArrayLike | None = None,
    marks: ArrayLike | None = None,
    lines: Mapping[str, float] | None = None,
    xlabel: str = "segment accuracy, %",
    value_label: str = "ours",
    mark_label: str = "the paper, on AVE",
    title: str = "",
) -> Figure:
    """Draws a horizontal bar per name, with intervals, marks of published figures and lines of references.

    Args:
        names: N names, from top to bottom.
        values: `(N,)` percentages; NaN for a bar that is missing.
        intervals: `(N, 2)`, the lower and upper ends of intervals, NaN for none.
        marks: `(N,)` published percentages, NaN for none.
        lines: `{name: percentage}` of references, such as trivial predictions.
        xlabel: The name of the axis.
        value_label: What the bars are, in the legend.
        mark_label: What the marks are.
        title: The title of the figure.

    Raises:
        AVEError: The numbers of names and values differ.

    Example:

    >>> plots.bars_figure(["A", "A+V"], [60.1, 71.5], marks=[59.5, 71.4], lines={"always background": 17.8})
    """
    found = _numbers("values", values, (len(names),))
    figure = Figure(figsize=(7.5, 1.1 + 0.27 * len(names)), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(names))
    handles: list[Any] = [axes.barh(places, np.nan_to_num(found), height=0.7, color=BLUE, label=value_label)]
    if intervals is not None:
        ends = _numbers("intervals", intervals, (len(names), 2))
        known = np.isfinite(ends).all(axis=1) & np.isfinite(found)
        if known.any():
            sides = np.abs(ends[known] - found[known, None]).T
            axes.errorbar(found[known], places[known], xerr=sides, fmt="none", color=INK, capsize=2.5, lw=1)
    if marks is not None and np.isfinite(published := _numbers("marks", marks, (len(names),))).any():
        look: dict[str, Any] = {
            "marker": "D",
            "s": 26,
            "color": VERMILLION,
            "edgecolor": "white",
            "linewidth": 0.7,
            "zorder": 3,
        }
        handles.append(axes.scatter(published, places, label=mark_label, **look))
    for number, (name, value) in enumerate((lines or {}).items()):
        dashes = ("--", ":", "-.")[number % 3]
        handles.append(axes.axvline(value, color=BACKGROUND_COLOR, ls=dashes, label=f"{name}: {value:.1f}"))
    for place in places[np.isfinite(found)]:
        axes.text(1, place, f"{found[place]:.1f}", va="center", fontsize=7, color="white", weight="bold")
    axes.set_yticks(places, names)
    axes.set(xlabel=xlabel, xlim=(0, 100), ylim=(len(names) - 0.4, -0.6))
    figure.suptitle(title)
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


@style()
def scatter_figure(
    names: Sequence[str],
    x: ArrayLike,
    y: ArrayLike,
    *,
    errors: ArrayLike | None = None,
    groups: Sequence[str] | None = None,
    order: Sequence[str] | None = None,
    labels: Collection[str] | None = None,
    xlabel: str = "parameters",
    ylabel: str = "segment accuracy, %",
    log: bool = True,
    unit: str = "",
    title: str = "",
) -> Figure:
    """Draws a labeled point per model, such as accuracy against parameters; groups differ in color and marker.

    Labels are placed one after the other where they cover the least of points and earlier labels; a line leads from a
    label to its point if they are apart.

    Args:
        names: N names.
        x: `(N,)`.
        y: `(N,)`.
        errors: `(N,)` half the lengths of the error bars of y, NaN for none.
        groups: N names of groups.
        order: The names of all groups, so that a group looks the same in several figures; by default those of `groups`.
        labels: The names to write beside their points; all by default.
        xlabel: The name of the horizontal axis.
        ylabel: The name of the vertical axis.
        log: Whether the horizontal axis is logarithmic.
        unit: The unit of a logarithmic axis, such as "s", which is then written as 200 ms, 1 s, ….
        title: The title of the figure.

    Raises:
        AVEError: The numbers of names and values differ, or a value on a logarithmic axis is not above 0.

    Example:

    >>> plots.scatter_figure(["av", "av_att"], [1.1e6, 1.3e6], [71.4, 72.7], groups=["2018", "2018"])
    """
    count = (len(names),)
    across, up = _numbers("x", x, count), _numbers("y", y, count)
    if log and not (across > 0).all():
        raise AVEError("no logarithm", key="x", expected="values above 0", found=across.min(), fix="Use log=False")
    if groups is not None and len(groups) != len(names):
        raise AVEError("a group per name is needed", key="groups", expected=len(names), found=len(groups))
    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = figure.subplots()
    members = np.array(groups if groups is not None else [""] * len(names))
    for group, (color, marker, _) in looks([*(order or ()), *members]).items():
        chosen = np.flatnonzero(members == group)
        if not len(chosen):
            continue
        if errors is not None:
            sides = _numbers("errors", errors, count)[chosen]
            axes.errorbar(
                across[chosen], up[chosen], yerr=np.nan_to_num(sides), fmt="none", color=color, lw=0.8, alpha=0.6
            )
        axes.scatter(
            across[chosen], up[chosen], s=34, color=color, marker=marker, label=group, edgecolor="white", zorder=3
        )
    axes.set(xlabel=xlabel, ylabel=ylabel, xscale="log" if log else "linear")
    if log:
        # 200 k, not 2 x 10^5.
        axes.xaxis.set_minor_locator(LogLocator(subs=(2, 5)))
        axes.xaxis.set_major_formatter(EngFormatter(unit))
        axes.xaxis.set_minor_formatter(EngFormatter(unit))
    axes.margins(0.08)
    axes.grid()
    if groups is not None:
        figure.legend(loc="outside lower center", ncols=min(4, len(set(groups))))
    figure.suptitle(textwrap.fill(title, 90))
    _label(figure, axes, [name if labels is None or name in labels else "" for name in names], across, up)
    return figure


@style()
def effects_figure(
    series: Mapping[str, Mapping[str, Sequence[float | None]]],
    *,
    xlabel: str = "difference in segment accuracy, percentage points",
    title: str = "",
    margin: float | None = None,
) -> Figure:
    """Draws differences with their intervals, a row for each and a marker per series, beside a line at zero.

    Args:
        series: `{series: {row: (difference, lower end, upper end)}}`, in percentage points, with None for both ends of
            a difference without an interval. Rows stand in the order of their first appearance, from top to bottom.
        xlabel: The name of the axis.
        title: The title of the figure.
        margin: The largest difference that does not matter, of a test of equivalence: a band on both sides of zero.

    Raises:
        AVEError: A row does not have three numbers.

    Example:

    >>> plots.effects_figure({"AV-mini": {"average: 0.99": (0.8, 0.1, 1.5)}})
    """
    names = list(dict.fromkeys(row for values in series.values() for row in values))
    figure = Figure(figsize=(7.5, 1.4 + (0.12 + 0.2 * len(series)) * len(names)), layout="constrained")
    axes = figure.subplots()
    axes.axvline(0, color=BACKGROUND_COLOR, lw=1)
    if margin is not None:
        axes.axvspan(-margin, margin, color=BACKGROUND_COLOR, alpha=0.2, lw=0, zorder=0)
    places = np.arange(len(names))
    for number, (name, (color, marker, _)) in enumerate((n, look) for n, look in looks(series).items() if n in series):
        values = [series[name].get(row, (None,) * 3) for row in names]
        found = _numbers(name, values, (len(names), 3))
        rows = places + 0.6 * ((number + 0.5) / len(series) - 0.5)
        axes.hlines(rows, found[:, 1], found[:, 2], color=color, lw=1.4)
        axes.scatter(found[:, 0], rows, s=30, color=color, marker=marker, label=name, edgecolor="white", zorder=3)
    axes.set_yticks(places, names)
    axes.set(xlabel=xlabel, ylim=(len(names) - 0.4, -0.6))
    axes.grid(axis="x")
    figure.suptitle(textwrap.fill(title, 90))
    figure.legend(loc="outside lower center")
    return figure


def _label(figure, axes, names, x, y):
    """Writes the names beside their points, except for empty ones."""
    canvas = FigureCanvasAgg(figure)
    figure.draw_without_rendering()  # This makes the layout, which moves the points.
    renderer, scale = canvas.get_renderer(), figure.dpi / 72
    points = axes.transData.transform(np.column_stack([x, y]))
    taken = [Bbox.from_bounds(*(point - 4 * scale), 8 * scale, 8 * scale) for point in points]
    angles = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    for number in (number for number in np.lexsort((x, -y)) if names[number]):
        label = axes.annotate(
            names[number], (x[number], y[number]), (0, 0), textcoords="offset points", fontsize=7, annotation_clip=False
        )
        size = label.get_window_extent(renderer)
        best = None
        for distance in DISTANCES:
            for angle in angles:
                offset = distance * scale * np.array([np.cos(angle), np.sin(angle)])
                # The side of the box that is next to the point is at the distance.
                corner = points[number] + offset + (np.array([np.cos(angle), np.sin(angle)]) - 1) / 2 * size.size
                box = Bbox.from_bounds(*corner, size.width, size.height)
                others = taken[:number] + taken[number + 1 :]
                cost = sum(_overlap(box, other) for other in others) + 10 * _outside(box, axes.bbox)
                if best is None or cost < best[0] - 1e-6:
                    best = cost, (corner - points[number]) / scale, box, distance
            if best[0] == 0:
                break
        _, offset, box, distance = best
        label.set_position(offset)
        if distance > DISTANCES[0]:
            middle = offset + box.size / scale / 2
            axes.annotate(
                "",
                (x[number], y[number]),
                middle * (1 - 0.5 * box.height / scale / max(np.hypot(*middle), 1)),
                textcoords="offset points",
                arrowprops={"arrowstyle": "-", "lw": 0.5, "color": BACKGROUND_COLOR},
            )
        taken.append(box)


def _overlap(one, other):
    """The common area of two boxes, in pixels."""
    common = Bbox.intersection(one, other)
    return common.width * common.height if common else 0.0


def _outside(box, frame):
    """The area of a box outside of a frame."""
    return box.width * box.height - _overlap(box, frame)


def _numbers(key, values, shape):
    found = np.array([np.nan if v is None else v for v in values] if len(shape) == 1 else values, "float64")
    if found.shape != shape:
        raise AVEError("wrong number of values", key=key, expected=shape, found=found.shape)
    return found
