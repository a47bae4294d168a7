"""Training and scoring of models that match sound and picture; the benchmark and the command line share these."""

from dataclasses import dataclass

import keras
import numpy as np

from ave_keras import matching
from ave_keras.data import EpochOrder
from ave_keras.data.pairs import pair_dataset
from ave_keras.errors import AVEError


def train_pairs(entry, ave, seed=0):
    """The training split as batches of pairs, as the recipe wants them; a split below one batch is one batch."""
    recipe = entry.recipe
    options = {"negatives": recipe.negatives} if recipe.negatives else {}
    return pair_dataset(
        ave,
        "train_match",
        pairs=recipe.pairs,
        learns=entry.learns_from,
        batch_size=min(recipe.batch_size, len(_split(ave, "train"))),
        shuffle=recipe.shuffle,
        seed=seed,
        drop_remainder=recipe.drop_remainder,
        **options,
    )


def localize(distances, ave, split, batch_size=64):
    """The answers of a model to the queries of a split: `(Queries, {"a2v": (N, T) shares, "v2a": …})`.

    Args:
        distances: the `ave_keras.matching.distance_model` of a model.
        ave: the data set.
        split: "val" or "test", of the splits for cross-modality localization.
        batch_size: videos per step.

    Raises:
        AVEError: the data set has no such split, or nothing in it to ask for.
    """
    _split(ave, split)
    asked = matching.queries(ave, f"{split}_match")
    dataset = ave.dataset(asked.rows, batch_size=batch_size)
    with dataset.errors():
        found = distances.predict(dataset, verbose=0)
    return asked, {d: matching.localize(found, asked.starts, asked.lengths, d) for d in matching.DIRECTIONS}


@dataclass(frozen=True)
class MatchingScore:
    """Scores on a split.

    Attributes:
        asked: the `Queries`.
        answers: `{"a2v": (N, T) shares, "v2a": …}`.
        metrics: `{key: share}`, keys `a2v` and `v2a` of exact match, and `a2v_iou`, …, see `ave_keras.matching.scores`.
        references: `{answer: {key: share}}` of answers that need no model.
    """

    asked: matching.Queries
    answers: dict
    metrics: dict
    references: dict

    @property
    def accuracy(self):
        """Exact match, the mean of both directions."""
        return (self.metrics["a2v"] + self.metrics["v2a"]) / 2


def evaluate(model, ave, split):
    """The `MatchingScore` of a model on "val" or "test"; see `localize`.

    Raises:
        AVEError: a model without distances; see `localize`.
    """
    asked, answers = localize(matching.distance_model(model), ave, split)
    train = matching.event_runs(ave.labels[_split(ave, "train")])
    trivial = matching.references(asked, *train)
    return MatchingScore(
        asked,
        answers,
        _metrics(answers, asked),
        {name: _metrics(dict.fromkeys(matching.DIRECTIONS, found), asked) for name, found in trivial.items()},
    )


def _metrics(answers, asked):
    return {
        direction if name == "exact" else f"{direction}_{name}": value
        for direction, found in answers.items()
        for name, value in matching.scores(found, asked).items()
    }


def fit(entry, model, ave, *, seed=0, first_epoch=0, callbacks=(), verbose="auto"):
    """Trains a compiled model by the entry's recipe; see `zoo.training.fit`."""
    train = train_pairs(entry, ave, seed)
    with train.errors():
        return model.fit(
            train,
            initial_epoch=first_epoch,
            epochs=entry.recipe.epochs,
            callbacks=[EpochOrder(train), ExactMatch(entry, ave), *callbacks],
            shuffle=False,
            verbose=verbose,
        )


class ExactMatch(keras.callbacks.Callback):
    """Adds `val_exact_match` to the logs of an epoch; a model with canonical projections gets them fitted before.

    It stands before callbacks that look for the score.

    Args:
        entry: what is trained.
        ave: the data set; the projections are fitted to its training events, the score is of its validation split.
    """

    def __init__(self, entry, ave):
        super().__init__()
        self.entry, self.ave = entry, ave

    def on_train_begin(self, logs=None):
        """Makes the models that share weights with the trained one, once, so that each is compiled once."""
        self.distances = matching.distance_model(self.model)
        if self.entry.learns_from == "views":
            self.views = keras.Model(self.model.input, self.model.output["views"])

    def on_epoch_end(self, epoch, logs=None):
        """Scores every `validate_every` epochs, and after the last."""
        last = epoch + 1 == self.entry.recipe.epochs
        if (epoch + 1) % self.entry.recipe.validate_every and not last:
            return
        if self.entry.learns_from == "views":
            self._fit_projections()
        asked, answers = localize(self.distances, self.ave, "val")
        # The mean of both directions.
        logs["val_exact_match"] = float(np.mean([matching.scores(a, asked)["exact"] for a in answers.values()]))

    def _fit_projections(self):
        rows = self.ave.split("train_match")
        dataset = self.ave.dataset(rows)
        with dataset.errors():
            views = self.views.predict(dataset, verbose=0)
        event = self.ave.labels[rows][..., -1] == 0
        audio, visual = np.split(views[event], 2, axis=-1)
        matching.fit_projections(self.model, audio, visual, self.entry.recipe.loss_options["regularization"])


def _split(ave, name):
    if name not in ave.match_splits:
        raise AVEError(
            f"{ave.title} has no split for cross-modality localization",
            file=ave.folder and ave.folder / f"{name}_order_match.h5",
            expected="train_order_match.h5, val_order_match.h5, test_order_match.h5",
            found=f"{sorted(ave.match_splits) or 'none of them'}",
            fix="Get or write these files, or leave Table 3 out: --tables 1,2",
        )
    return ave.split(f"{name}_match")
