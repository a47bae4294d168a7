"""Training of models that match sound and picture."""

import keras
import numpy as np

from ave_keras import matching
from ave_keras.data import EpochOrder, pair_dataset
from zoo.evaluation.matching import localize, match_split


def train_pairs(entry, ave, seed=0):
    """The training split as batches of pairs, as the recipe wants them; a split below one batch is one batch."""
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
        queries, answers = localize(self.distances, self.ave, "val")
        # The mean of both directions.
        logs["val_exact_match"] = float(np.mean([matching.scores(a, queries)["exact"] for a in answers.values()]))

    def _fit_projections(self):
        rows = self.ave.split("train_match")
        dataset = self.ave.dataset(rows)
        with dataset.errors():
            views = self.views.predict(dataset, verbose=0)
        event = self.ave.labels[rows][..., -1] == 0
        audio, visual = np.split(views[event], 2, axis=-1)
        matching.fit_projections(self.model, audio, visual, self.entry.recipe.loss_options["regularization"])
