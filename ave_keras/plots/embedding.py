"""The figure of features in two dimensions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from ave_keras.errors import AVEError
from ave_keras.plots.colors import looks
from ave_keras.plots.styling import style

METHODS = ("pca", "tsne")


@style()
def embedding_figure(
    features: ArrayLike,
    classes: ArrayLike,
    class_names: Sequence[str],
    *,
    method: str = "pca",
    seed: int = 0,
    title: str = "",
) -> Figure:
    """Draws the features of seconds as points, such as those after fusion; a color and a marker per class.

    Args:
        features: `(…, d)`, such as `(N, T, d)`.
        classes: `(…)` class numbers of the seconds.
        class_names: C names, including background, which is drawn below the others.
        method: "pca", the two directions of the largest variance; or "tsne", which keeps neighbours together, and
            whose distances and axes mean nothing.
        seed: The seed of t-SNE.
        title: The title of the figure.

    Raises:
        AVEError: An unknown method, shapes that differ, fewer than three seconds, or values that are not finite.

    Example:

    >>> fused = keras.Model(model.input, model.get_layer("fusion").output).predict(ave.dataset("test"))
    >>> plots.embedding_figure(fused, ave.labels[ave.split("test")].argmax(-1), (*ave.class_names, "Background"))
    """
    numbers = np.ravel(classes)
    flat = np.asarray(features, "float64")
    if flat.ndim < 2 or flat.shape[:-1] != np.shape(classes):
        raise AVEError("wrong number of classes", key="classes", expected=flat.shape[:-1], found=np.shape(classes))
    flat = flat.reshape(-1, flat.shape[-1])
    if method not in METHODS:
        raise AVEError("unknown method", key="method", expected=f"one of {METHODS}", found=repr(method))
    if len(flat) < 3 or flat.shape[1] < 2 or not np.isfinite(flat).all():
        expected = "at least three seconds of at least two finite features"
        raise AVEError("these features cannot be drawn", key="features", expected=expected, found=flat.shape)
    points, axis_names = _project(flat, method, seed)
    figure = Figure(figsize=(7.5, 5.2), layout="constrained")
    axes = figure.subplots()
    every = looks(class_names, background=class_names[-1])
    for number in reversed(range(len(class_names))):
        chosen = numbers == number
        if chosen.any():
            name = class_names[number]
            color, marker, _ = every[name]
            size = 8 if name == class_names[-1] else 18
            x, y = points[chosen].T
            axes.scatter(x, y, s=size, color=color, marker=marker, label=name, linewidths=0)
    axes.set(xlabel=axis_names[0], ylabel=axis_names[1])
    if method == "tsne":
        axes.set(xticks=[], yticks=[])
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside right upper", ncols=1 + len(labels) // 20)
    figure.suptitle(title)
    return figure


def _project(features, method, seed):
    """`(n, 2)` points and the names of the two axes."""
    if method == "pca":
        from sklearn.decomposition import PCA

        pca = PCA(2, svd_solver="full")
        points = pca.fit_transform(features)
        shares = 100 * np.nan_to_num(pca.explained_variance_ratio_)
        return points, [f"component {i + 1}: {share:.0f} % of the variance" for i, share in enumerate(shares)]
    from sklearn.manifold import TSNE

    # scikit-learn wants fewer neighbours than points.
    perplexity = min(30, (len(features) - 1) / 3)
    tsne = TSNE(2, perplexity=perplexity, init="pca", random_state=seed)
    return tsne.fit_transform(features), ["t-SNE", ""]
