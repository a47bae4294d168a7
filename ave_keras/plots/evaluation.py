"""Figures of a model's predictions on a split: the confusion matrix and the accuracy per class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from ave_keras.errors import AVEError
from ave_keras.metrics.confusion import confusion_matrix
from ave_keras.plots.colors import BLUE
from ave_keras.plots.styling import INK, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@style()
def evaluation_figure(
    truth: ArrayLike, predicted: ArrayLike, class_names: Sequence[str], title: str = "", cmap: str = "cividis"
) -> Figure:
    """Draws the confusion matrix and, beside each row, the accuracy of that class.

    Args:
        truth: `(N, T)` true class numbers.
        predicted: `(N, T)` predicted class numbers.
        class_names: C names, including background.
        title: The title of the figure.
        cmap: The matplotlib color map of the matrix.

    Returns:
        A `matplotlib.figure.Figure`. Classes without a true segment have blank rows.

    Raises:
        AVEError: The shapes differ, or a class has no name.

    Example:

    >>> plots.evaluation_figure(truth, predicted, (*ave.class_names, "Background"))
    """
    shares, totals = _shares(truth, predicted, class_names)
    side = _side(class_names)
    figure = Figure(figsize=(1.75 * side + 2.5, side + 1), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[5, 3])
    figure.suptitle(title, parse_math=False)
    _matrix(left, shares, class_names, cmap)
    _bars(right, shares, totals)
    right.set_ylim(left.get_ylim())
    right.set_yticks(np.arange(len(class_names)), ["" for _ in class_names])
    return figure


@style()
def confusion_figure(
    truth: ArrayLike, predicted: ArrayLike, class_names: Sequence[str], title: str = "", cmap: str = "cividis"
) -> Figure:
    """Draws the confusion matrix, in % of the true segments of a class; takes the same as `evaluation_figure`."""
    shares, _ = _shares(truth, predicted, class_names)
    side = _side(class_names)
    figure = Figure(figsize=(side + 1.6, side + 1), layout="constrained")
    figure.suptitle(title, parse_math=False)
    _matrix(figure.subplots(), shares, class_names, cmap)
    return figure


@style()
def class_figure(truth: ArrayLike, predicted: ArrayLike, class_names: Sequence[str], title: str = "") -> Figure:
    """Draws the accuracy of every class with its number of segments; takes the same as `evaluation_figure`."""
    shares, totals = _shares(truth, predicted, class_names)
    figure = Figure(figsize=(6, 1.2 + 0.24 * len(class_names)), layout="constrained")
    figure.suptitle(title, parse_math=False)
    axes = figure.subplots()
    _bars(axes, shares, totals)
    axes.set_yticks(np.arange(len(class_names)), class_names, parse_math=False)
    axes.invert_yaxis()
    return figure


def _shares(truth, predicted, class_names):
    """`(C, C)` percentages of the rows of the confusion matrix, and the `(C,)` numbers of true segments."""
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    if truth.shape != predicted.shape:
        raise AVEError("truth and prediction differ in shape", expected=truth.shape, found=predicted.shape)
    if truth.size and max(truth.max(), predicted.max()) >= len(class_names):
        found = max(truth.max(), predicted.max())
        raise AVEError("a class has no name", key="class_names", expected=f"more than {found} names", found=class_names)
    counts = confusion_matrix(truth, predicted, len(class_names))
    totals = counts.sum(axis=1)
    return 100 * counts / np.maximum(totals, 1)[:, None], totals


def _side(class_names):
    return max(3.2, 0.9 + 0.3 * len(class_names))


def _matrix(axes: Axes, shares, class_names, cmap):
    numbers = np.arange(len(class_names))
    image = axes.imshow(shares, cmap=cmap, vmin=0, vmax=100, aspect="equal")
    for row, column in zip(*np.nonzero(shares >= 0.5), strict=True):
        # The brightness of the cell decides: maps differ in which end is dark.
        dark = np.dot(image.cmap(shares[row, column] / 100)[:3], (0.299, 0.587, 0.114)) < 0.5
        color = "white" if dark else INK
        axes.text(column, row, f"{shares[row, column]:.0f}", ha="center", va="center", fontsize=7, color=color)
    axes.set_xticks(numbers, class_names, rotation=60, ha="right", rotation_mode="anchor", parse_math=False)
    axes.set_yticks(numbers, class_names, parse_math=False)
    axes.set(xlabel="prediction", ylabel="truth", title="% of the true segments")
    axes.spines[:].set_visible(False)


def _bars(axes: Axes, shares, totals):
    bars = axes.barh(np.arange(len(totals)), np.diag(shares), color=BLUE)
    labels = [f"{a:.1f} of {n}" if n else "no segment" for a, n in zip(np.diag(shares), totals, strict=True)]
    axes.bar_label(bars, labels, padding=3, fontsize=7)
    axes.set(xlim=(0, 130), xlabel="correct segments, %", title="Per class")
    axes.set_xticks(range(0, 101, 25))
