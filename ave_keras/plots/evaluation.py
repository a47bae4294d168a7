"""The figure of a model's predictions on a split: confusion matrix and accuracy per class."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from ave_keras.metrics.confusion import confusion_matrix
from ave_keras.plots.statistics import EVENT


def evaluation_figure(truth: np.ndarray, predicted: np.ndarray, class_names: Sequence[str], title: str = "") -> Figure:
    """Draws the confusion matrix and, beside each row, the accuracy of that class.

    Args:
        truth: `(N, T)` true class numbers.
        predicted: `(N, T)` predicted class numbers.
        class_names: C names, including background.
        title: The title of the figure.

    Returns:
        A `matplotlib.figure.Figure`. Classes without a true segment have blank rows.
    """
    counts = confusion_matrix(truth, predicted, len(class_names))
    totals = counts.sum(axis=1)
    shares = 100 * counts / np.maximum(totals, 1)[:, None]
    side = max(3.2, 0.9 + 0.3 * len(class_names))
    figure = Figure(figsize=(1.75 * side + 2.5, side + 1), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[5, 3])
    figure.suptitle(title, parse_math=False)

    numbers = np.arange(len(class_names))
    left.imshow(shares, cmap="Blues", vmin=0, vmax=100, aspect="equal")
    for row, column in zip(*np.nonzero(shares >= 0.5), strict=True):
        color = "white" if shares[row, column] > 55 else "black"
        left.text(column, row, f"{shares[row, column]:.0f}", ha="center", va="center", fontsize=7, color=color)
    names: dict = {"labels": class_names, "fontsize": 8, "parse_math": False}
    left.set_xticks(numbers, rotation=60, ha="right", rotation_mode="anchor", **names)
    left.set_yticks(numbers, **names)
    left.set(xlabel="prediction", ylabel="truth", title="% of the true segments")

    bars = right.barh(numbers, np.diag(shares), color=EVENT)
    labels = [f"{a:.1f} of {n}" if n else "no segment" for a, n in zip(np.diag(shares), totals, strict=True)]
    right.bar_label(bars, labels, padding=3, fontsize=7)
    right.set(xlim=(0, 130), ylim=left.get_ylim(), xlabel="correct segments, %", title="Per class")
    right.set_xticks(range(0, 101, 25))
    right.set_yticks(numbers, ["" for _ in class_names])
    right.spines[["top", "right"]].set_visible(False)
    return figure
