"""Seconds with an event that no class of the model fits, by what the model's file says of the classes that it knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ave_keras.errors import AVEError
from ave_keras.localization.features import second_features
from ave_keras.metrics.unknown import max_probability_score, neighbour_distance
from ave_keras.models.files import read_arrays, read_metadata

if TYPE_CHECKING:
    import keras

    from ave_keras.data.dataset import AVEDataset

METHODS = ("neighbours", "probability")
# Which of the nearest seconds of the training data counts. Sun et al. take 10 of a hundredth of ImageNet.
NEIGHBOUR = 10
# The key of the metadata, and the name of the array.
UNKNOWN, SECONDS = "unknown", "known_seconds"


@dataclass(frozen=True)
class KnownClasses:
    """How to detect events of classes that a model does not know.

    Attributes:
        method: "neighbours", the distance to the tenth nearest second with an event of the training data, in the
            features before the classifier, see `ave_keras.metrics.neighbour_distance`; or "probability", see
            `ave_keras.metrics.max_probability_score`.
        threshold: The score above which an event is marked as unknown.
        seconds: `(n, d)` features of the training data, for "neighbours".
    """

    method: str
    threshold: float
    seconds: np.ndarray | None = None

    def scores(
        self, model: keras.Model, x: AVEDataset | dict[str, np.ndarray], probabilities: np.ndarray
    ) -> np.ndarray:
        """How little each second resembles a known class, NumPy `(N, T)` float64.

        Args:
            model: The model.
            x: Its input, an `AVEDataset` or a dict of arrays.
            probabilities: Its answer `(N, T, C + 1)`, with its temperature, if it has one.
        """
        if self.seconds is None:
            return max_probability_score(probabilities)
        return neighbour_distance(second_features(model, x), self.seconds, NEIGHBOUR)


def known_classes(path: str | Path, method: str = METHODS[0]) -> KnownClasses:
    """The `KnownClasses` in a `.keras` file of `ave-keras train`.

    Raises:
        AVEError: An unknown method, or one that the file has nothing for.

    Example:

    >>> known_classes("runs/av_att/model.keras", "probability").threshold
    0.41
    """
    if method not in METHODS:
        raise AVEError("unknown method", key=UNKNOWN, expected=f"one of {METHODS}", found=repr(method))
    thresholds, seconds = read_metadata(path).get(UNKNOWN, {}), read_arrays(path).get(SECONDS)
    if method not in thresholds or (method == "neighbours" and seconds is None):
        raise AVEError(
            f"the model's file does not say how to detect unknown events by {method}",
            file=path,
            key=UNKNOWN,
            expected=f"a threshold for {method}",
            found=", ".join(thresholds) or "none",
            fix="Run ave-keras calibrate MODEL --data DIR with its training data, which says why if it cannot",
        )
    return KnownClasses(method, thresholds[method], seconds if method == "neighbours" else None)


def stored_temperature(metadata: dict[str, Any], file: Any = None) -> float | None:
    """The temperature in the metadata of a file; None if there is none.

    Raises:
        AVEError: It is not a positive number.
    """
    found = metadata.get("temperature")
    if found is not None and not (isinstance(found, int | float) and 0 < found < np.inf):
        raise AVEError("invalid temperature", file=file, key="temperature", expected="a number above 0", found=found)
    return found
