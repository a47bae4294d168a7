"""Videos that are longer or shorter than the T seconds of a model."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Windows:
    """Which seconds a model is asked about at a time.

    Attributes:
        rows: `(W, T)` second of the video.
        window: `(S,)` whose answer counts for a second of the video.
        offset: `(S,)` and where it stands in it.
    """

    rows: np.ndarray
    window: np.ndarray
    offset: np.ndarray

    def join(self, answers: np.ndarray) -> np.ndarray:
        """`(W, T, …)` to `(S, …)`."""
        return np.asarray(answers, "float32")[self.window, self.offset]


def windows_of(seconds: int, length: int) -> Windows:
    """The `Windows` of a video for a model of `length` seconds.

    The last window ends with the video; a video shorter than a window repeats its last second.
    """
    second = np.arange(seconds)
    starts = np.minimum(np.arange(0, seconds, length), max(seconds - length, 0))
    rows = np.minimum(starts[:, None] + np.arange(length), seconds - 1)
    window = second // length
    return Windows(rows, window, second - starts[window])
