"""Segment accuracy of a model on a split."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ave_keras.data.statistics import references
from ave_keras.metrics import bootstrap_interval

if TYPE_CHECKING:
    import keras

    from ave_keras.data.ave import AVE
    from ave_keras.data.dataset import AVEDataset


@dataclass(frozen=True)
class Score:
    """Scores on a split.

    Attributes:
        accuracy: Overall segment accuracy.
        per_class: `{label: (accuracy, segments)}`.
        references: `{name: accuracy}` of trivial references.
        truth: `(N, T)` true class numbers.
        predicted: `(N, T)` predicted class numbers.
        class_names: The names of the class numbers, background last.
        probabilities: `(N, T, C + 1)` predicted probabilities.
    """

    accuracy: float
    per_class: dict
    references: dict
    truth: np.ndarray
    predicted: np.ndarray
    class_names: tuple
    probabilities: np.ndarray

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % bootstrap interval of the accuracy over the videos."""
        return bootstrap_interval((self.truth == self.predicted).mean(axis=1))


def segment_probabilities(model: keras.Model, dataset: AVEDataset | dict[str, np.ndarray]) -> np.ndarray:
    """Predicted probabilities of every segment, NumPy `(N, T, C)` float32, of weak and supervised models.

    Args:
        model: Any model of the zoo.
        dataset: An `AVEDataset`, or a dict of arrays.
    """
    with getattr(dataset, "errors", contextlib.nullcontext)():
        predicted = model.predict(dataset, verbose=0)
    return np.asarray(predicted["segments"] if isinstance(predicted, dict) else predicted, "float32")


def score(model: keras.Model, ave: AVE, split: str, batch_size: int = 64) -> Score:
    """Scores `model` on a split of `ave`."""
    dataset = ave.dataset(split, modalities=tuple(symbol.name for symbol in model.inputs), batch_size=batch_size)
    truth = ave.labels[ave.split(split)].argmax(-1)
    probabilities = segment_probabilities(model, dataset)
    predicted = probabilities.argmax(-1)
    correct = predicted == truth
    names = (*ave.class_names, "Background")
    per_class = {
        names[c]: (correct[truth == c].mean(), int((truth == c).sum())) for c in range(len(names)) if (truth == c).any()
    }
    trivial = references(truth, len(ave.class_names))
    return Score(correct.mean(), per_class, trivial, truth, predicted, names, probabilities)
