"""What changes from epoch to epoch by a recipe: the learning rate, and parts of the network that start late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from ave_keras.layers import ContrastiveBranch

if TYPE_CHECKING:
    from zoo.recipe import Recipe


class Schedule(keras.callbacks.Callback):
    """Sets the learning rate and the switches of a network at the start of every epoch.

    It depends on the epoch only, so that a resumed training continues exactly. After the training, the switches are on.

    Args:
        recipe: The recipe with `milestones`, `cosine_decay` or `late_from`; without them, nothing changes.
    """

    def __init__(self, recipe: Recipe):
        super().__init__()
        self.recipe = recipe

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Sets the values of this epoch."""
        if self.recipe.milestones or self.recipe.cosine_decay:
            self.model.optimizer.learning_rate = self.recipe.learning_rate * self.recipe.rate_factor(epoch)
        self._switch(epoch >= self.recipe.late_epoch)

    def on_train_end(self, logs: dict | None = None) -> None:
        """Turns the switches on."""
        self._switch(True)

    def _switch(self, on):
        for layer in self.model.layers:
            if isinstance(layer, ContrastiveBranch):
                layer.switch.assign(float(on))
