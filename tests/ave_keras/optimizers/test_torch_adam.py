import keras
import numpy as np
import pytest

from ave_keras.optimizers import TorchAdam


def adam(gradients, rate=0.1, epsilon=1e-8):
    """The sum of Adam's steps, in NumPy float64."""
    m = v = moved = 0.0
    for t, g in enumerate(np.float64(gradients), 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        moved = moved - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + epsilon)
    return moved


def test_steps_equal_the_adam_paper(rng):
    """Includes gradients as small as epsilon, for which the place of epsilon matters."""
    gradients = np.float32(rng.normal(size=(6, 4)) * [1, 1e-4, 1e-7, 1e-8])
    variable, other = keras.Variable(np.zeros(4, "float32")), keras.Variable(np.zeros(4, "float32"))
    ours, theirs = TorchAdam(0.1), keras.optimizers.Adam(0.1)
    for gradient in gradients:
        ours.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        theirs.apply([keras.ops.convert_to_tensor(gradient)], [other])
    found, others = (keras.ops.convert_to_numpy(v) for v in (variable, other))
    np.testing.assert_allclose(found, adam(gradients), rtol=1e-4, atol=1e-6)
    assert np.abs(others - found)[2:].max() > 0.1


def test_an_lstm_bias_takes_double_steps():
    layer = keras.layers.LSTM(2)
    layer(np.zeros((1, 3, 2), "float32"))
    before = layer.get_weights()
    optimizer = TorchAdam(0.1)
    optimizer.apply([keras.ops.ones(w.shape) for w in layer.trainable_weights], layer.trainable_weights)
    moved = [np.unique(np.round(a - b, 5)) for a, b in zip(layer.get_weights(), before, strict=True)]
    assert [m.tolist() for m in moved] == [[pytest.approx(-x, abs=1e-5)] for x in (0.1, 0.1, 0.2)]


def test_reload(tmp_path):
    """Finds the biases also in a reloaded model, where weights inside a bidirectional layer have other paths."""
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.1, staircase=True)
    inputs = keras.Input((3, 2))
    model = keras.Model(inputs, keras.layers.Bidirectional(keras.layers.LSTM(2))(inputs))
    model.compile(TorchAdam(schedule), "mse")
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras").optimizer
    assert isinstance(again, TorchAdam) and again.epsilon == 1e-8
    assert again._step_factors == model.optimizer._step_factors == [1, 1, 2, 1, 1, 2]
    assert again.get_config() == model.optimizer.get_config()
