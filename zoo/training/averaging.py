"""The exponential moving average of the weights, which is validated and kept instead of the weights themselves."""

import keras
import numpy as np


class AveragedWeights(keras.callbacks.Callback):
    """Puts the averages that the optimizer keeps into the model for validation, and for callbacks after an epoch.

    The optimizer updates the averages in every step, see `ema_momentum` of Keras optimizers. During an epoch, the model
    has the trained weights. From the validation to the start of the next epoch it has the averages, and the optimizer
    has the trained weights in their place: whatever is saved there resumes exactly, with `resumed=True`. After the last
    epoch, both have the averages. It must come before callbacks that save the model.

    Args:
        resumed: Whether model and optimizer are in the state after an epoch.

    Reference:
        Polyak and Juditsky, SIAM Journal on Control and Optimization, 1992; Izmailov et al., UAI 2018.
    """

    def __init__(self, resumed: bool = False):
        super().__init__()
        self._averaged = resumed

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Puts the trained weights back."""
        self._exchange(False)

    def on_test_begin(self, logs: dict | None = None) -> None:
        """Puts the averages into the model."""
        self._exchange(True)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Puts the averages into the model, if there was no validation; after the last epoch, keeps them there."""
        self._exchange(True)
        if epoch + 1 == self.params["epochs"]:
            for weight, average in self._pairs():
                average.assign(weight)

    def _exchange(self, averaged):
        if averaged == self._averaged:
            return
        self._averaged = averaged
        for weight, average in self._pairs():
            held = np.array(weight)
            weight.assign(average)
            average.assign(held)

    def _pairs(self):
        # Loss scaling wraps the optimizer. Keras' own SwapEMAWeights takes the averages from the same place.
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        return zip(self.model.trainable_variables, optimizer._model_variables_moving_average, strict=True)
