"""Training by an entry's recipe, and the batches it takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import keras

from ave_keras.data import EpochOrder
from ave_keras.errors import AVEError
from ave_keras.runtime.backend import BACKENDS
from ave_keras.runtime.processor import warn_of_slow_bfloat16
from zoo.training import matching
from zoo.training.averaging import AveragedWeights
from zoo.training.callbacks import Finite
from zoo.training.schedule import Schedule
from zoo.training.teaching import taught_labels

if TYPE_CHECKING:
    from ave_keras.data.ave import AVE
    from ave_keras.data.dataset import AVEDataset
    from zoo.entry import Entry
    from zoo.recipe import Recipe


def train_dataset(entry: Entry, ave: AVE, seed: int = 0) -> AVEDataset:
    """Batches of the training split, in the recipe's order and with its class weights, if any.

    A split smaller than a batch is one batch.
    """
    if entry.task == "matching":
        return matching.train_pairs(entry, ave, seed)
    recipe = entry.recipe
    return ave.dataset(
        "train",
        modalities=entry.modalities,
        task=entry.targets,
        batch_size=min(recipe.batch_size, len(ave.splits["train"])),
        shuffle=recipe.shuffle,
        seed=seed,
        drop_remainder=recipe.drop_remainder,
        background=recipe.background_videos,
        on_gpu=True,
        class_weight=recipe.class_weight,
        augment=recipe.augment,
    )


def eval_dataset(entry: Entry, ave: AVE, split: str, batch_size: int | None = None) -> AVEDataset:
    """Batches `(x, y)` of a whole split, in its own order."""
    return ave.dataset(
        split,
        modalities=entry.modalities,
        task=entry.targets,
        batch_size=batch_size or entry.recipe.batch_size,
        on_gpu=True,
    )


def validation_epochs(recipe: Recipe) -> list[int]:
    """The epochs, counted from 1, that end with a validation: the first, and every `validate_every`-th from there.

    The released code validates where `epoch % 5 == 0`.
    """
    return list(range(1, recipe.epochs + 1, recipe.validate_every))


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
    """Trains a compiled model by the entry's recipe; returns the Keras history.

    Args:
        entry: The entry with the recipe.
        model: The compiled model.
        ave: The data set.
        seed: The seed of the order of the videos.
        first_epoch: The epoch to resume at, counted from 0; the order of the videos is that of an uninterrupted run.
        callbacks: Further Keras callbacks.
        verbose: As in `keras.Model.fit`.

    Raises:
        AVEError: An unreadable, NaN or infinite feature; a NaN or infinite loss; a backend that cannot train.

    Warns:
        UserWarning: The model computes in bfloat16, for which the processor has no instructions.
    """
    if keras.backend.backend() not in BACKENDS:
        found = keras.backend.backend()
        raise AVEError("this backend cannot train", key="KERAS_BACKEND", expected=f"one of {BACKENDS}", found=found)
    warn_of_slow_bfloat16(model)
    callbacks = [Finite(), *callbacks]
    if entry.task == "matching":
        return matching.fit(entry, model, ave, seed=seed, first_epoch=first_epoch, callbacks=callbacks, verbose=verbose)
    if entry.recipe.average:
        callbacks.insert(0, AveragedWeights(resumed=first_epoch > 0))
    train, val = train_dataset(entry, ave, seed), eval_dataset(entry, ave, entry.recipe.select or "val")
    if entry.recipe.teacher:
        train.replace_labels(*taught_labels(entry, ave, seed, fit, verbose))
    with train.errors(), val.errors():
        return model.fit(
            train,
            validation_data=val,
            validation_freq=validation_epochs(entry.recipe),
            initial_epoch=first_epoch,
            epochs=entry.recipe.epochs,
            callbacks=[EpochOrder(train), EpochOrder(val), Schedule(entry.recipe), *callbacks],
            shuffle=False,
            verbose=verbose,
        )
