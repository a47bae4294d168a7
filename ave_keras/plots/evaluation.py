"""The picture of a model's answers on a split: which class it takes for which."""

import numpy as np
from matplotlib.figure import Figure

from ave_keras.plots.statistics import EVENT


def confusion(truth, predicted, classes):
    """`(C, C)` counts: row the true class, column the answer; arguments are class numbers of any shape."""
    counts = np.zeros((classes, classes), "int64")
    np.add.at(counts, (np.ravel(truth), np.ravel(predicted)), 1)
    return counts


def evaluation_figure(truth, predicted, class_names, title=""):
    """Draws the confusion matrix, and beside each of its rows the accuracy of that class.

    Args:
        truth: `(N, T)` class numbers.
        predicted: likewise.
        class_names: C names, background included.
        title: of the whole.

    Returns:
        A `matplotlib.figure.Figure`; classes without a true segment are blank rows.
    """
    counts = confusion(truth, predicted, len(class_names))
    totals = counts.sum(axis=1)
    shares = 100 * counts / np.maximum(totals, 1)[:, None]
    side = max(3.2, 0.9 + 0.3 * len(class_names))
    figure = Figure(figsize=(1.75 * side + 2.5, side + 1), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[5, 3])
    figure.suptitle(title)

    numbers = np.arange(len(class_names))
    left.imshow(shares, cmap="Blues", vmin=0, vmax=100, aspect="equal")
    for row, column in zip(*np.nonzero(shares >= 0.5), strict=True):
        color = "white" if shares[row, column] > 55 else "black"
        left.text(column, row, f"{shares[row, column]:.0f}", ha="center", va="center", fontsize=7, color=color)
    left.set_xticks(numbers, class_names, rotation=60, ha="right", rotation_mode="anchor", fontsize=8)
    left.set_yticks(numbers, class_names, fontsize=8)
    left.set(xlabel="answer", ylabel="truth", title="% of the true segments")

    bars = right.barh(numbers, np.diag(shares), color=EVENT)
    labels = [f"{a:.1f} of {n}" if n else "no segment" for a, n in zip(np.diag(shares), totals, strict=True)]
    right.bar_label(bars, labels, padding=3, fontsize=7)
    right.set(xlim=(0, 130), ylim=left.get_ylim(), xlabel="segments right, %", title="Per class")
    right.set_xticks(range(0, 101, 25))
    right.set_yticks(numbers, ["" for _ in class_names])
    right.spines[["top", "right"]].set_visible(False)
    return figure
