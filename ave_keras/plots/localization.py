"""The figures of a localized video, after Fig. 5 and 6 of the paper."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from ave_keras.errors import AVEError
from ave_keras.plots.colors import ATTENTION, class_colors, looks
from ave_keras.plots.styling import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ave_keras.localization.result import Localization

# As in the paper: yellow frames for the true event, red frames for the prediction, which are dashed, too.
TRUTH, PREDICTION = "#ffd400", "#e03131"
COLUMNS = 10
# Makes white names legible on any color.
OUTLINE = [withStroke(linewidth=1.5, foreground="#22262d")]


def overlay(axes: Axes, frame: np.ndarray, weights: np.ndarray | None, alpha: float = 0.5) -> None:
    """Draws a frame and over it its attention `weights (H, W)`, if not None, scaled to the largest weight.

    The smallest weight is not subtracted, so uniform weights give a uniform color.
    """
    height, width = frame.shape[:2]
    axes.imshow(frame)
    if weights is not None:
        box = (-0.5, width - 0.5, height - 0.5, -0.5)
        axes.imshow(
            weights, extent=box, cmap=ATTENTION, vmin=0, vmax=weights.max(), alpha=alpha, interpolation="bilinear"
        )
    axes.set_xticks([])
    axes.set_yticks([])


@style()
def strip_figure(found: Localization, frames: np.ndarray) -> Figure:
    """Draws ten seconds per row: the frames, with the true event outlined, above attention and prediction.

    Args:
        found: The `Localization`.
        frames: `(T, H, W, 3)` uint8, one frame per second.

    Returns:
        A `matplotlib.figure.Figure`.

    Reference:
        Tian et al., ECCV 2018, Fig. 6.
    """
    _check(found, frames)
    seconds, lines = len(frames), 1 if found.attention is None else 2
    blocks, columns = -(-seconds // COLUMNS), min(seconds, COLUMNS)
    aspect = frames.shape[1] / frames.shape[2]
    figure = Figure(figsize=(1.4 * columns, blocks * (lines * 1.4 * aspect + 0.4) + 0.3), layout="constrained")
    grid = np.reshape(figure.subplots(blocks * lines, columns, squeeze=False), (blocks, lines, columns))
    for axes in grid.flat:
        axes.set_axis_off()
    for second in range(seconds):
        for line in range(lines):
            axes = grid[second // COLUMNS, line, second % COLUMNS]
            axes.set_axis_on()
            weights = found.attention[second] if line and found.attention is not None else None
            overlay(axes, frames[second], weights)
        event = found.truth is not None and found.truth[second] != found.class_names[-1]
        _frame(grid[second // COLUMNS, 0, second % COLUMNS], TRUTH if event else None)
        prediction = found.classes[second]
        _frame(axes, PREDICTION if prediction != found.class_names[-1] else None, "--")
        axes.set_xlabel(f"{second} s\n{_short(prediction)}", fontsize=7)
    legend = "yellow, solid: the true event · " if found.truth is not None else ""
    figure.suptitle(f"{found.video.name} · {legend}red, dashed: the prediction of {found.model}", fontsize=9)
    return figure


@style()
def attention_figure(found: Localization, frames: np.ndarray) -> Figure:
    """Draws large attention overlays of the seconds with a predicted event, or of all seconds without any.

    Takes and returns the same as `strip_figure`.

    Raises:
        AVEError: The model has no attention.

    Reference:
        Tian et al., ECCV 2018, Fig. 5.
    """
    _check(found, frames)
    if found.attention is None:
        raise AVEError(f"model {found.model!r} has no attention", fix="Use strip_figure, or an entry with attention")
    chosen = [s for s, name in enumerate(found.classes) if name != found.class_names[-1]] or list(range(len(frames)))
    columns = min(5, len(chosen))
    rows = -(-len(chosen) // columns)
    figure = Figure(
        figsize=(2.6 * columns, rows * (2.6 * frames.shape[1] / frames.shape[2] + 0.3) + 0.4), layout="constrained"
    )
    every = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in every:
        axes.set_axis_off()
    for axes, second in zip(every, chosen, strict=False):
        axes.set_axis_on()
        overlay(axes, frames[second], found.attention[second])
        axes.set_title(f"{second} s · {_short(found.classes[second])}", fontsize=8)
    figure.suptitle(f"{found.video.name} · attention of {found.model}", fontsize=9)
    return figure


@style()
def timeline_figure(found: Localization) -> Figure:
    """Draws the predicted events and, if known, the true events over time, above the probability of each class."""
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[len(_lines(found)), 4])
    _draw_timeline(found, above, below)
    above.set_title(found.video.name)
    return figure


@style()
def overview_figure(found: Localization, frames: np.ndarray) -> Figure:
    """Draws everything about a short video over one axis of time: frames, attention, events and probabilities.

    Takes and returns the same as `strip_figure`, for any number of seconds in one row.
    """
    _check(found, frames)
    seconds, rows = len(frames), 1 if found.attention is None else 2
    side = frames.shape[1] / frames.shape[2]
    heights = [side] * rows + [0.3 * len(_lines(found)), 1.3]
    figure = Figure(figsize=(seconds + 2, sum(heights) + 0.9))
    margins = {"left": 0.9 / (seconds + 2), "right": (seconds + 0.9) / (seconds + 2), "top": 0.99, "bottom": 0.11}
    grid = figure.add_gridspec(rows + 2, seconds, height_ratios=heights, wspace=0, hspace=0.1, **margins)
    for second in range(seconds):
        for row in range(rows):
            axes = figure.add_subplot(grid[row, second])
            overlay(axes, frames[second], found.attention[second] if row and found.attention is not None else None)
            _frame(axes, None)
            if not second:
                text = "attention" if row else "film"
                axes.set_ylabel(text, rotation="horizontal", ha="right", va="center", fontsize=9)
    above = figure.add_subplot(grid[rows, :])
    below = figure.add_subplot(grid[rows + 1, :], sharex=above)
    _draw_timeline(found, above, below)
    above.tick_params(labelbottom=False)
    return figure


def _lines(found):
    return {"model": found.classes, **({"truth": found.truth} if found.truth is not None else {})}


def _draw_timeline(found, above, below):
    """Draws events into the one pair of axes, and probabilities into the other."""
    lines = _lines(found)
    colors = class_colors([name for line in lines.values() for name in line], found.class_names[-1])
    every = looks(colors, found.class_names[-1])
    for row, line in enumerate(lines.values()):
        for second, name in enumerate(line):
            above.add_patch(Rectangle((second, row + 0.1), 1, 0.8, color=colors[name], linewidth=0))
        for start, length, name in _runs(line):
            if name != found.class_names[-1]:
                look = {"color": "white", "path_effects": OUTLINE, "fontsize": 8, "clip_on": True}
                above.text(start + length / 2, row + 0.5, _short(name), ha="center", va="center", **look)
    above.set(xlim=(0, len(found.classes)), ylim=(len(lines), 0))
    above.set_yticks(np.arange(len(lines)) + 0.5, list(lines))
    for c, name in enumerate(found.class_names):
        if name in colors:
            color, marker, dashes = every[name]
            below.plot(found.times + 0.5, found.probabilities[:, c], marker + dashes, color=color, label=name)
    below.set(xlabel="second", ylabel="probability", ylim=(0, 1.02))
    # The truth may contain a class that is not in the model.
    for name in colors:
        if name not in found.class_names:
            below.plot([], [], color=colors[name], label=f"{name} (not a class of the model)")
    below.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))


def _check(found, frames):
    if len(frames) != len(found.classes):
        raise AVEError("wrong number of frames: need one per second", expected=len(found.classes), found=len(frames))


def _frame(axes, color, line="-"):
    for spine in axes.spines.values():
        spine.set(visible=color is not None, color=color or "none", linewidth=3, linestyle=line)


def _runs(line):
    """Yields `(first second, seconds, name)` of every run of equal names."""
    start = 0
    for name, run in groupby(line):
        length = len(list(run))
        yield start, length, name
        start += length


def _short(name):
    return name if len(name) <= 18 else f"{name[:17]}…"
