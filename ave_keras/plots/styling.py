"""The style of all figures, which leaves the user's own settings alone."""

import contextlib
from collections.abc import Iterator

import matplotlib.style

# `ave.mplstyle` of this package; matplotlib finds it by this name.
STYLE = "ave_keras.plots.ave"
# The color of text in the style.
INK = "#22262d"


@contextlib.contextmanager
def style() -> Iterator[None]:
    """Draws what is inside this block, or the function it decorates, in the style of AVE-Keras.

    `matplotlib.rcParams` are afterwards what they were.

    Example:

    >>> with plots.style():
    ...     figure, axes = plt.subplots()
    """
    with matplotlib.style.context(STYLE):
        yield
