"""`check_layer` checks a Keras layer against an independent NumPy float64 derivation."""

import json
import tempfile
from pathlib import Path

import keras
import numpy as np

MIXED = {"mixed_bfloat16": 0.1, "mixed_float16": 0.02}


def check_layer(layer, inputs, derivation, *, weights=0, atol=1e-5, trains=True, silent=()):
    """Checks values, shapes, configuration, saving, gradients and mixed precision of a layer.

    Args:
        layer: A new instance.
        inputs: The positional call arguments, NumPy float32 arrays.
        derivation: The function `f(weights, *inputs)` in NumPy float64, with the layer's weights in order.
        weights: The expected number of scalar weights.
        atol: The tolerance against the derivation.
        trains: Whether gradients must reach every weight.
        silent: The ends of the paths of weights whose gradient is zero, like the bias of the keys of an attention,
            which adds the same to all scores.
    """
    config = layer.get_config()
    model = functional(layer, inputs)
    feed = list(inputs) if len(inputs) > 1 else inputs[0]
    assert layer.count_params() == weights

    randomize(layer)
    expected = derivation([np.float64(w) for w in layer.get_weights()], *map(np.float64, inputs))
    found = model.predict(feed, verbose=0)
    np.testing.assert_allclose(found, expected, atol=atol, rtol=atol)

    assert model.output_shape[1:] == expected.shape[1:]
    assert tuple(layer.compute_output_shape(*(x.shape for x in inputs))) == expected.shape

    assert json.loads(json.dumps(config)) == config
    assert type(layer).from_config(config).get_config() == config
    assert type(layer).__name__ in keras.saving.get_registered_name(type(layer))

    check_reload(model, feed, found)
    if weights and trains:
        check_gradients(model, layer, feed, inputs, derivation, silent)
    for policy, tolerance in MIXED.items():
        check_policy(layer, config, inputs, expected, policy, tolerance)
    return model


def functional(layer, inputs):
    """A functional model of `layer` for inputs of these shapes, with any batch size."""
    symbols = [keras.Input(x.shape[1:]) for x in inputs]
    return keras.Model(symbols if len(symbols) > 1 else symbols[0], layer(*symbols))


def randomize(layer, seed=1):
    """Sets random weights and biases, because zeros could hide a missing term."""
    rng = np.random.default_rng(seed)
    layer.set_weights([rng.normal(0, 1 / np.sqrt(max(*w.shape[:1], 2, 2)), w.shape) for w in layer.get_weights()])


def check_reload(model, feed, found):
    """Saving as `.keras` and loading does not change the outputs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        np.testing.assert_array_equal(keras.models.load_model(path).predict(feed, verbose=0), found)


def check_gradients(model, layer, feed, inputs, derivation, silent=()):
    """One SGD step equals the numerical derivative of the derivation along the gradient, for each weight separately."""
    rng = np.random.default_rng(2)
    before = [np.float64(w) for w in layer.get_weights()]
    target = rng.normal(size=derivation(before, *map(np.float64, inputs)).shape)
    model.compile(keras.optimizers.SGD(1.0), "mse", jit_compile=False)
    model.train_on_batch(feed, np.float32(target))
    gradients = [old - new for old, new in zip(before, layer.get_weights(), strict=True)]
    layer.set_weights(before)

    def loss(values):
        return np.mean((derivation(values, *map(np.float64, inputs)) - target) ** 2)

    for index, gradient in enumerate(gradients):
        if layer.weights[index].path.endswith(tuple(silent)):
            np.testing.assert_allclose(gradient, 0, atol=1e-6)
            continue
        assert np.any(gradient), f"no gradient reaches {layer.weights[index].path}"
        step = 1e-5 * gradient / np.linalg.norm(gradient)
        ahead, behind = (loss([w + sign * step if i == index else w for i, w in enumerate(before)]) for sign in (1, -1))
        np.testing.assert_allclose((ahead - behind) / 2e-5, np.linalg.norm(gradient), rtol=1e-2)


def check_policy(layer, config, inputs, expected, policy, tolerance):
    """With a mixed policy, the layer computes in half precision with float32 weights, near the exact values."""
    mixed = type(layer).from_config({**config, "dtype": policy})
    output = mixed(*inputs)
    mixed.set_weights(layer.get_weights())
    output = keras.ops.convert_to_numpy(keras.ops.cast(mixed(*inputs), "float32"))
    assert mixed.compute_dtype == policy.removeprefix("mixed_")
    assert all(keras.backend.standardize_dtype(w.dtype) == "float32" for w in mixed.trainable_weights)
    np.testing.assert_allclose(output, expected, atol=tolerance * np.abs(expected).max())
