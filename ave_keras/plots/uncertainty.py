"""Figures of confidences: how far they can be believed, and how well scores detect unknown classes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from ave_keras.errors import AVEError
from ave_keras.metrics import auroc
from ave_keras.metrics.calibration import Reliability
from ave_keras.plots.colors import BLUE, LINES, PALETTE, VERMILLION
from ave_keras.plots.styling import style


@style()
def reliability_figure(runs: Mapping[str, Reliability], title: str = "") -> Figure:
    """Draws the accuracy of predictions over their confidence; confidences that can be believed lie on the diagonal.

    Args:
        runs: `{name: Reliability}` of `ave_keras.metrics.reliability`, one panel each.
        title: The title of the figure.

    Raises:
        AVEError: There is no run.

    Example:

    >>> plots.reliability_figure({"before": reliability(truth, probabilities)})

    Reference:
        Guo et al., On Calibration of Modern Neural Networks, ICML 2017, Fig. 1.
    """
    if not runs:
        raise AVEError("no run to draw", key="runs", expected="{name: Reliability}", found=repr(runs))
    figure = Figure(figsize=(4.6 * len(runs), 4.6), layout="constrained")
    figure.suptitle(title, parse_math=False)
    panels = figure.subplots(1, len(runs), squeeze=False)[0]
    for axes, (name, found) in zip(panels, runs.items(), strict=True):
        full = found.count > 0
        edges = np.linspace(0, 100, len(found.count) + 1)
        left, width = edges[:-1][full], edges[1] - edges[0]
        accuracy, confidence = 100 * found.accuracy[full], 100 * found.confidence[full]
        axes.bar(left, accuracy, width, align="edge", color=BLUE, ec="white", lw=0.5, label="accuracy")
        share = found.count / found.count.sum()
        axes.plot(edges[:-1] + width / 2, 100 * share, "-", color=VERMILLION, lw=1, label="share of the seconds")
        axes.plot(confidence, confidence, "_", color="black", ms=9, mew=1.5, label="mean confidence")
        axes.plot([0, 100], [0, 100], ":", color="black", lw=1)
        axes.set(xlim=(0, 100), ylim=(0, 100), aspect="equal", xlabel="confidence, %", ylabel="%")
        axes.set_title(f"{name}: calibration error {100 * found.error:.1f} %", parse_math=False)
    panels[0].legend(loc="upper left")
    return figure


@style()
def roc_figure(panels: Mapping[str, Mapping[str, Sequence[tuple[ArrayLike, ArrayLike]]]], title: str = "") -> Figure:
    """Draws ROC curves: the share of unknown seconds that are marked over the share of known ones that are marked.

    Args:
        panels: `{name of a panel: {name of a score: [(known scores, unknown scores), …]}}`, a curve per pair, such as
            one for each seed.
        title: The title of the figure.

    Raises:
        AVEError: There is no panel, or there are no scores of one kind.

    Example:

    >>> plots.roc_figure({"without Bark, Cat": {"probability": [(known, unknown)]}})

    Reference:
        Fawcett, An introduction to ROC analysis, Pattern Recognition Letters 2006.
    """
    if not panels:
        raise AVEError("no curve to draw", key="panels", expected="{panel: {score: pairs}}", found=repr(panels))
    columns = len(panels) if len(panels) <= 3 else math.ceil(math.sqrt(len(panels)))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(3.8 * columns, 3.9 * rows), layout="constrained")
    figure.suptitle(title, parse_math=False)
    every = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in every[len(panels) :]:
        axes.set_axis_off()
    for axes, (panel, scores) in zip(every, panels.items(), strict=False):
        for number, (name, pairs) in enumerate(scores.items()):
            mean = np.mean([auroc(*pair) for pair in pairs])
            for i, (known, unknown) in enumerate(pairs):
                cuts = np.sort(np.concatenate([np.ravel(known), np.ravel(unknown)]))[::-1]
                x, y = (100 * _above(values, cuts) for values in (known, unknown))
                label = f"{name}: AUROC {100 * mean:.1f} %" if i == 0 else None
                look = {"color": PALETTE[number % len(PALETTE)], "ls": LINES[number % len(LINES)]}
                axes.plot([0, *x], [0, *y], lw=1, label=label, **look)
        axes.plot([0, 100], [0, 100], ":", color="black", lw=1)
        axes.set(xlim=(0, 100), ylim=(0, 100), aspect="equal", xlabel="known seconds marked, %")
        axes.set_title(panel, parse_math=False)
        axes.set_ylabel("unknown seconds marked, %")
        axes.legend(loc="lower right")
    return figure


def _above(values, cuts):
    """The share of values that are at least each cut."""
    return 1 - np.searchsorted(np.sort(np.ravel(values)), cuts, "left") / np.size(values)
