"""Averaged weights: values against a float64 recursion, and what is in the model when."""

import keras
import numpy as np
import pytest

import zoo
from ave_keras import AVEError
from ave_keras.data import AVE
from zoo.training import fit

DECAY = 0.8


@pytest.fixture(scope="module")
def ave():
    return AVE.synthetic(40, classes=3, visual_shape=(2, 2, 8))


def trained(ave, callbacks=(), epochs=2, **recipe):
    entry = zoo.entry("a").with_recipe(epochs=epochs, batch_size=8, **recipe)
    keras.utils.set_random_seed(0)
    model = entry.compile(entry.build(**ave.spec))
    fit(entry, model, ave, callbacks=callbacks, verbose=0)
    return model


class Watch(keras.callbacks.Callback):
    """Keeps a weight after every step, when a validation starts, and at the end of every epoch."""

    def __init__(self):
        super().__init__()
        self.steps, self.tests, self.epochs = [], [], []

    def _weight(self):
        return np.float64(self.model.trainable_variables[-1])

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append(self._weight())

    def on_test_begin(self, logs=None):
        self.tests.append(self._weight())

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(self._weight())


def test_the_average_is_validated_and_kept_and_training_goes_on_with_the_weights(ave):
    watch, plain = Watch(), Watch()
    model = trained(ave, [watch], average=DECAY)
    trained(ave, [plain])
    # Training itself is not changed.
    np.testing.assert_allclose(watch.steps, plain.steps, atol=1e-7)
    average, expected = watch.steps[0], []
    for step, weight in enumerate(watch.steps):
        average = weight if step == 0 else DECAY * average + (1 - DECAY) * weight
        if (step + 1) % (len(watch.steps) // 2) == 0:
            expected.append(average)
    np.testing.assert_allclose(watch.tests, expected, atol=1e-6)
    np.testing.assert_allclose(watch.epochs, expected, atol=1e-6)
    np.testing.assert_allclose(np.float64(model.trainable_variables[-1]), expected[-1], atol=1e-6)
    assert np.abs(expected[-1] - watch.steps[-1]).max() > 1e-5


def test_a_saved_model_has_the_average(ave, tmp_path):
    from zoo.training.callbacks import BestModel

    watch = Watch()
    trained(ave, [watch, BestModel(tmp_path / "m.keras", "val_segment_accuracy")], average=DECAY)
    loaded = keras.models.load_model(tmp_path / "m.keras")
    last = np.float64(loaded.trainable_variables[-1])
    assert min(np.abs(last - epoch).max() for epoch in watch.epochs) < 1e-7


@pytest.mark.parametrize("decay", [0, 1, 1.5, "0.9", True])
def test_invalid_decay(decay):
    with pytest.raises(AVEError, match="average"):
        zoo.entry("a").with_recipe(average=decay)
