import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import PositiveSamplePropagation
from tests.attention_reference import normalized
from tests.kit import check_layer, functional, randomize
from tests.reference import relu


@keras.saving.register_keras_serializable(package="tests")
class Streams(PositiveSamplePropagation):
    """The three outputs side by side, because `check_layer` wants one."""

    def call(self, audio, visual):
        return keras.ops.concatenate(super().call(audio, visual), axis=-1)

    def compute_output_shape(self, audio_shape, visual_shape):
        return (*audio_shape[:-1], 3 * audio_shape[-1])


def cut(scores, threshold, again):
    """One pair of seconds at a time."""
    result = np.zeros_like(scores)
    for row, values in enumerate(scores):
        for column, value in enumerate(values):
            share = value / (values.sum() + 1e-8)
            result[row, column] = share if share > threshold else 0
        if again:
            result[row] /= result[row].sum() + 1e-8
    return result


def propagated(weights, audio, visual, threshold, form):
    a1, a2, v1, v2, *rest = weights
    full = form == "full"
    outputs = []
    for a, v in zip(audio, visual, strict=True):
        scores = relu(relu(v @ v2) @ relu(a @ a1).T / np.sqrt(a.shape[-1]))
        new_v = v + cut(scores, threshold, full) @ relu(a @ a2)
        new_a = a + cut(scores.T, threshold, full) @ relu(v @ v1)
        if full:
            new_a, new_v = relu(new_a @ rest[0]), relu(new_v @ rest[1])
        new_a, new_v = (normalized(x, *rest[-2:], epsilon=1e-6) for x in (new_a, new_v))
        outputs.append(np.concatenate([(new_a + new_v) / 2, new_a, new_v], -1))
    return np.stack(outputs)


@pytest.fixture
def inputs(rng):
    return np.float32(rng.normal(size=(2, 3, 5, 8)))


@pytest.mark.parametrize("threshold", [0, 0.15])
@pytest.mark.parametrize("form", ["full", "weak"])
def test_contract(inputs, form, threshold):
    count = (6 if form == "full" else 4) * 64 + 16
    layer = Streams(threshold, form, dropout=0.0)
    check_layer(layer, inputs, lambda w, a, v: propagated(w, a, v, threshold, form), weights=count)


def test_the_threshold_cuts(inputs):
    """A threshold below one keeps only a second that has all of a row, so other rows pass unchanged."""
    layer = PositiveSamplePropagation(0.999, "weak")
    layer(*inputs)
    randomize(layer)
    fusion, audio, visual = (keras.ops.convert_to_numpy(x) for x in layer(*inputs))
    gamma, beta = layer.get_weights()[-2:]
    np.testing.assert_allclose(audio, normalized(np.float64(inputs[0]), gamma, beta, 1e-6), atol=1e-5)
    np.testing.assert_allclose(fusion, (audio + visual) / 2, atol=1e-6)


def test_shapes_of_the_three_outputs():
    layer = PositiveSamplePropagation()
    assert layer.compute_output_shape((2, 10, 256), (2, 10, 256)) == ((2, 10, 256),) * 3
    assert [x.shape for x in functional(layer, np.zeros((2, 1, 10, 256), "float32")).output] == [(None, 10, 256)] * 3


def test_dropout_is_for_training_only(inputs):
    layer = PositiveSamplePropagation(0, dropout=0.5)
    first, second = (keras.ops.convert_to_numpy(layer(*inputs)[0]) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    first, second = (keras.ops.convert_to_numpy(layer(*inputs, training=True)[0]) for _ in range(2))
    assert np.abs(first - second).max() > 1e-3


def test_zeros_have_finite_gradients(inputs):
    """A silent second has no pair at all."""
    layer = Streams(dropout=0.0)
    model = functional(layer, inputs)
    model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=False)
    model.train_on_batch([0 * x for x in inputs], np.ones((3, 5, 24), "float32"))
    assert all(np.isfinite(w).all() for w in layer.get_weights())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"threshold": 1.0}, r"threshold.*\[0, 1\), found 1.0"),
        ({"threshold": -0.1}, "threshold"),
        ({"threshold": float("nan")}, "threshold"),
        ({"form": "strong"}, "form.*'full', 'weak'"),
        ({"dropout": 1}, "dropout"),
    ],
)
def test_invalid_arguments(arguments, message):
    with pytest.raises(AVEError, match=message):
        PositiveSamplePropagation(**arguments)


@pytest.mark.parametrize("visual", [(2, 10, 7), (2, 9, 8), (2, 8), (2, 10, None)])
def test_invalid_shapes(visual):
    with pytest.raises(AVEError, match=r"audio and visual .* of the same shape"):
        PositiveSamplePropagation().build((2, 10, 8), visual)
