"""A drawing of a model: its layers from the inputs down to the outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

if TYPE_CHECKING:
    import keras

# Inputs, outputs and the layers between, in colors that differ in brightness, too.
INPUT, OUTPUT, LAYER = "#cfe3f5", "#ffe2b3", "#f4f5f7"
EDGE, INK = "#5a6577", "#1d2430"
# The width of a column, the height of a box and the space below it, in inches.
WIDTH, HEIGHT, GAP = 2.3, 0.34, 0.3


def diagram_figure(model: keras.Model) -> Figure:
    """Draws the layers of a functional model: names, classes and output shapes without the batch size.

    Args:
        model: A functional `keras.Model`, such as `zoo.load("av_att")`.

    Returns:
        A `matplotlib.figure.Figure`.

    Example:

    >>> plots.save(plots.diagram_figure(zoo.load("av_att")), "av_att.svg")
    """
    parents = {operation: _parents(operation) for operation in model.operations}
    rows = _rows(parents)
    columns = max(map(len, rows))
    width, height = columns * WIDTH, len(rows) * (HEIGHT + GAP)
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    places = {}
    for row, members in enumerate(rows):
        for column, operation in enumerate(members):
            x = (column + 0.5) * width / len(members)
            places[operation] = x, (row + 0.5) * (HEIGHT + GAP)
    outputs = {tensor._keras_history.operation for tensor in model.outputs}
    for operation, (x, y) in places.items():
        for parent in parents[operation]:
            start, end = places[parent], (x, y - HEIGHT / 2)
            arrow = {"arrowstyle": "-|>", "color": EDGE, "lw": 0.9, "shrinkA": 0, "shrinkB": 0}
            axes.annotate("", end, (start[0], start[1] + HEIGHT / 2), arrowprops=arrow, zorder=1)
        color = OUTPUT if operation in outputs else LAYER if parents[operation] else INPUT
        box = {"boxstyle": "round,pad=0.35", "fc": color, "ec": EDGE, "lw": 0.8}
        axes.text(x, y, _label(operation), ha="center", va="center", fontsize=7, color=INK, bbox=box, zorder=2)
    return figure


def _parents(operation):
    tensors = operation._inbound_nodes[0].input_tensors
    return list(dict.fromkeys(tensor._keras_history.operation for tensor in tensors))


def _rows(parents):
    """The operations by the length of the longest way from an input, each row in the order of its parents."""
    depths: dict = {}
    while len(depths) < len(parents):
        for operation, above in parents.items():
            if operation not in depths and all(parent in depths for parent in above):
                depths[operation] = 1 + max((depths[parent] for parent in above), default=-1)
    rows: list[list] = [[] for _ in range(1 + max(depths.values()))]
    place: dict = {}
    for operation in sorted(depths, key=depths.__getitem__):
        rows[depths[operation]].append(operation)
    for row in rows:
        row.sort(key=lambda o: sum(place[p] for p in parents[o]) / len(parents[o]) if parents[o] else 0)
        place.update({operation: (column + 0.5) / len(row) for column, operation in enumerate(row)})
    return rows


def _label(operation):
    output = operation._inbound_nodes[0].output_tensors[0]
    shape = ", ".join("T" if size is None else str(size) for size in output.shape[1:])
    return f"{operation.name}\n{type(operation).__name__} · {shape}"
