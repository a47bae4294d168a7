"""The figure of training: loss and score over the epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from ave_keras.errors import AVEError
from ave_keras.plots.colors import BLUE, VERMILLION, looks
from ave_keras.plots.styling import style

History = Mapping[str, Sequence[Any]]
# The ends of the keys of scores, and what they are.
SCORES = {"accuracy": "segment accuracy", "exact_match": "exact match"}

# The most runs whose legend is beside the axes.
BESIDE = 14
# The ratio of the largest to the smallest loss from which the axis is logarithmic.
WIDE = 3


@style()
def curves_figure(runs: Mapping[str, History | Sequence[History]], title: str = "") -> Figure:
    """Draws the loss and the score over the epochs.

    One run shows training and validation, and marks the epoch with the best validation score. Several runs show the
    training loss and the validation score, each run with a color, a line style and a marker of its own; the seeds of a
    run share them.

    Args:
        runs: `{name: history}`, or `{name: [history of a seed, …]}`. A history is `{key: values}` with a value per
            epoch, such as `History.history` of Keras; None or NaN where there is none.
        title: The title of the figure.

    Raises:
        AVEError: There is no run.

    Example:

    >>> history = model.fit(train, validation_data=val, epochs=20)
    >>> plots.curves_figure({"av_att": history.history})
    """
    if not runs:
        raise AVEError("no run to draw", key="runs", expected="{name: history}", found=repr(runs))
    seeds = {name: [run] if isinstance(run, Mapping) else list(run) for name, run in runs.items()}
    # A long legend is below.
    below = 6 if len(seeds) > BESIDE else 0
    figure = Figure(figsize=(9, 3.8 + (0.2 * -(-len(seeds) // below) if below else 0)), layout="constrained")
    left, right = figure.subplots(1, 2)
    figure.suptitle(title)
    histories = [history for run in seeds.values() for history in run]
    if len(histories) == 1:
        _one(left, right, histories[0])
        for axes in (left, right):
            if axes.lines:
                axes.legend()
    else:
        _several(left, right, seeds)
        handles, labels = right.get_legend_handles_labels()
        place: Any = "outside lower center" if below else "outside right upper"
        figure.legend(handles, labels, loc=place, ncols=below or 1)
    left.set(ylabel="loss" if len(histories) == 1 else "training loss")
    drawn = np.concatenate([[], *(line.get_ydata() for line in left.lines)])
    # The loss of DCCA, a negated correlation, is negative and has no logarithm.
    if len(drawn) and 0 < WIDE * drawn.min() < drawn.max():
        left.set_yscale("log")
        left.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        left.yaxis.set_major_formatter("{x:g}")  # 0.5, not 5 x 10^-1.
        left.yaxis.set_minor_formatter(NullFormatter())
    kinds = {SCORES[end] for history in histories for end in SCORES if score_key(history).endswith(end)}
    kind = " or ".join(sorted(kinds, reverse=True)) or SCORES["accuracy"]
    right.set(ylabel=kind if len(histories) == 1 else f"validation {kind}")
    for axes in (left, right):
        axes.set(xlabel="epoch")
        axes.grid(axis="y")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def values(history: History, key: str) -> np.ndarray:
    """The `(E,)` float64 values of a key, NaN where there is none; texts of a CSV file are converted."""
    return np.array([_number(value) for value in history.get(key, ())], "float64")


def _number(value):
    # Keras writes NA into its log where an epoch had no validation.
    return np.nan if value in (None, "", "NA") else float(value)


def score_key(history: History) -> str:
    """The key of the validation score; empty if there is none."""
    return next((key for key in history if key.startswith("val_") and key.endswith((*SCORES,))), "")


def _one(left, right, history):
    score = score_key(history)
    trained = score.removeprefix("val_") or next((key for key in history if key.endswith((*SCORES,))), "")
    lines = ((left, "loss", "val_loss"), (right, trained, score))
    for axes, *keys in lines:
        _line(axes, values(history, keys[0]), "o-", color=BLUE, label="training")
        _line(axes, values(history, keys[1]), "s--", color=VERMILLION, label="validation")
    found = values(history, score)
    if np.isfinite(found).any():
        best = int(np.nanargmax(found))
        right.plot(best + 1, found[best], "*", ms=13, color=VERMILLION, mec="white", label=f"best: epoch {best + 1}")


def _several(left, right, seeds):
    every = looks(seeds, background="")
    for name, run in seeds.items():
        color, marker, line = every[name]
        for number, history in enumerate(run):
            label = name if number == 0 else None
            for axes, key in ((left, "loss"), (right, score_key(history))):
                _line(axes, values(history, key), marker + line, color=color, label=label, lw=1)


def _line(axes, found, look, **options):
    """Draws the finite values; a marker on every tenth of the epochs is enough to tell lines apart."""
    known = np.flatnonzero(np.isfinite(found))
    if len(known):
        axes.plot(known + 1, found[known], look, markevery=max(1, len(known) // 10), ms=3.5, **options)
