"""Windows of T seconds over a video that is longer or shorter than T."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Windows:
    """W windows of T seconds that cover the S seconds of a video.

    Attributes:
        rows: `(W, T)` the seconds of the video in each window.
        window: `(S,)` the window whose prediction counts for each second.
        offset: `(S,)` the position of each second in that window.
    """

    rows: np.ndarray
    window: np.ndarray
    offset: np.ndarray

    def join(self, predictions: np.ndarray) -> np.ndarray:
        """Predictions of the windows `(W, T, …)` to predictions of the seconds `(S, …)`."""
        return np.asarray(predictions)[self.window, self.offset]


def windows_of(seconds: int, length: int) -> Windows:
    """The `Windows` of a video for a model of `length` seconds.

    The last window ends with the video; a video shorter than a window repeats its last second.
    """
    second = np.arange(seconds)
    starts = np.minimum(np.arange(0, seconds, length), max(seconds - length, 0))
    rows = np.minimum(starts[:, None] + np.arange(length), seconds - 1)
    window = second // length
    return Windows(rows, window, second - starts[window])
