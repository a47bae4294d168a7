"""Training of models that match sound and picture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import keras
import numpy as np

from ave_keras import matching
from ave_keras.data import EpochOrder, pair_dataset
from zoo.evaluation.matching import localize, match_split

if TYPE_CHECKING:
    from ave_keras.data.ave import AVE
    from ave_keras.data.pair_batches import PairDataset
    from zoo.entry import Entry


def train_pairs(entry: Entry, ave: AVE, seed: int = 0) -> PairDataset:
    """Batches of pairs of the training split, by the recipe; a split smaller than a batch is one batch."""
    recipe = entry.recipe
    options = {"negatives": recipe.negatives} if recipe.negatives else {}
    return pair_dataset(
        ave,
        "train_match",
        pairs=recipe.pairs,
        learns=entry.learns_from,
        batch_size=min(recipe.batch_size, len(match_split(ave, "train"))),
        shuffle=recipe.shuffle,
        seed=seed,
        drop_remainder=recipe.drop_remainder,
        **options,
    )


def fit(
    entry: Entry,
    model: keras.Model,
    ave: AVE,
    *,
    seed: int = 0,
    first_epoch: int = 0,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    verbose: str | int = "auto",
) -> keras.callbacks.History:
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
    """Adds `val_exact_match` to the logs of an epoch, after fitting the model's canonical projections, if any.

    Put it before callbacks that use the score.

    Args:
        entry: The entry that is trained.
        ave: The data set. The projections are fitted to its training events; the score is that of its validation split.
    """

    def __init__(self, entry: Entry, ave: AVE):
        super().__init__()
        self.entry, self.ave = entry, ave

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Builds the models that share the trained weights; doing so once compiles each only once."""
        self.distances = matching.distance_model(self.model)
        if self.entry.learns_from == "views":
            self.views = keras.Model(self.model.input, self.model.output["views"])

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Computes the score every `validate_every` epochs, and after the last."""
        last = epoch + 1 == self.entry.recipe.epochs
        if (epoch + 1) % self.entry.recipe.validate_every and not last:
            return
        if self.entry.learns_from == "views":
            self._fit_projections()
        queries, answers = localize(self.distances, self.ave, "val")
        # The mean of both directions.
        assert logs is not None  # Keras always passes them.
        logs["val_exact_match"] = float(np.mean([matching.scores(a, queries)["exact"] for a in answers.values()]))

    def _fit_projections(self):
        rows = self.ave.split("train_match")
        dataset = self.ave.dataset(rows)
        with dataset.errors():
            views = self.views.predict(dataset, verbose=0)
        event = self.ave.labels[rows][..., -1] == 0
        audio, visual = np.split(views[event], 2, axis=-1)
        matching.fit_projections(self.model, audio, visual, self.entry.recipe.loss_options["regularization"])
