"""Scores of models that match sound and picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ave_keras import matching
from ave_keras.errors import AVEError

if TYPE_CHECKING:
    import keras

    from ave_keras.data.ave import AVE
    from ave_keras.matching.queries import Queries


def localize(
    distances: keras.Model, ave: AVE, split: str, batch_size: int = 64
) -> tuple[Queries, dict[str, np.ndarray]]:
    """The predictions of a model for the queries of a split: `(Queries, {"a2v": (N, T) shares, "v2a": …})`.

    Args:
        distances: The `ave_keras.matching.distance_model` of a model.
        ave: The data set.
        split: "val" or "test"; the split for cross-modality localization is used.
        batch_size: Videos per step.

    Raises:
        AVEError: The data set has no such split, or the split has no query.
    """
    match_split(ave, split)
    queries = matching.queries(ave, f"{split}_match")
    dataset = ave.dataset(queries.rows, batch_size=batch_size)
    with dataset.errors():
        found = distances.predict(dataset, verbose=0)
    return queries, {d: matching.localize(found, queries.starts, queries.lengths, d) for d in matching.DIRECTIONS}


@dataclass(frozen=True)
class MatchingScore:
    """Scores on a split.

    Attributes:
        queries: The `Queries`.
        answers: `{"a2v": (N, T) shares, "v2a": …}`.
        metrics: `{key: share}`, keys `a2v` and `v2a` of exact match, and `a2v_iou`, …, see `ave_keras.matching.scores`.
        references: `{name: {key: share}}` of trivial references.
    """

    queries: matching.Queries
    answers: dict
    metrics: dict
    references: dict

    @property
    def accuracy(self) -> float:
        """Exact match, the mean of both directions."""
        return (self.metrics["a2v"] + self.metrics["v2a"]) / 2


def evaluate(model: keras.Model, ave: AVE, split: str) -> MatchingScore:
    """The `MatchingScore` of a model on "val" or "test"; see `localize`.

    Raises:
        AVEError: The model has no output `distances`; see also `localize`.
    """
    queries, answers = localize(matching.distance_model(model), ave, split)
    train = matching.event_runs(ave.labels[match_split(ave, "train")])
    trivial = matching.references(queries, *train)
    return MatchingScore(
        queries,
        answers,
        _metrics(answers, queries),
        {name: _metrics(dict.fromkeys(matching.DIRECTIONS, found), queries) for name, found in trivial.items()},
    )


def _metrics(answers, queries):
    return {
        direction if name == "exact" else f"{direction}_{name}": value
        for direction, found in answers.items()
        for name, value in matching.scores(found, queries).items()
    }


def match_split(ave: AVE, name: str) -> np.ndarray:
    """Row numbers of "train", "val" or "test" for cross-modality localization.

    Raises:
        AVEError: The data set has no such split.
    """
    if name not in ave.match_splits:
        raise AVEError(
            f"{ave.title} has no split for cross-modality localization",
            file=ave.folder and ave.folder / f"{name}_order_match.h5",
            expected="train_order_match.h5, val_order_match.h5, test_order_match.h5",
            found=f"{sorted(ave.match_splits) or 'none of them'}",
            fix="Add these files, or leave out Table 3: --tables 1,2",
        )
    return ave.split(f"{name}_match")
