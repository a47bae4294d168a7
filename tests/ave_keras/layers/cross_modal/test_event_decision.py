import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import EventDecision
from tests.kit import check_layer
from tests.reference import softmax

HALF = np.float32(0.5)
ABOVE, BELOW = np.nextafter(HALF, np.float32(1)), np.nextafter(HALF, np.float32(0))
EDGES = np.float32([0, 1e-45, 1e-30, BELOW, HALF, ABOVE, 1 - 2**-24, 1])


def released_decision(event, category, classes):
    """The first largest class where `p > 0.5`, else background."""
    return np.where(event > HALF, category.argmax(-1)[:, None], classes)


def derivation(event, category, background):
    """One second at a time."""
    result = np.zeros((*event.shape, category.shape[1] + (not background)))
    for b, t in np.ndindex(event.shape):
        p, q, w = event[b, t], category[b], result[b, t]
        w[: len(q)] = p * q
        w[-1] = max(w[-1] if background else 0, (1 - p) * q.max())
        w[q.argmax() if p > 0.5 else -1] *= 1 + 1e-6
        w /= w.sum()
    return result


def check(event, category, background, dtype="float32"):
    event, category = np.float32(event), np.float32(category)
    found = keras.ops.convert_to_numpy(EventDecision(background, dtype=dtype)(event, category))
    assert found.dtype == np.float32 and found.shape == (*event.shape, category.shape[1] + (not background))
    np.testing.assert_array_equal(found.argmax(-1), released_decision(event, category, found.shape[-1] - 1))
    assert found.min() >= 0
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-6)
    return found


@pytest.mark.parametrize("background", [False, True])
def test_contract(rng, background):
    inputs = np.float32(rng.uniform(size=(3, 4))), np.float32(softmax(rng.normal(size=(3, 5))))
    check_layer(EventDecision(background), inputs, lambda _, p, q: derivation(p, q, background))


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("background", [False, True])
def test_the_largest_column_is_the_released_decision(rng, background, dtype):
    """10,000 random pairs of each kind, for flat and for sharp class scores."""
    for scale in (1e-3, 1, 10):
        event = np.float32(rng.uniform(size=(1000, 10)))
        category = np.float32(softmax(scale * rng.normal(size=(1000, 28 + background))))
        found = check(event, category, background, dtype)
        np.testing.assert_allclose(found, derivation(*map(np.float64, (event, category)), background), atol=1e-5)


@pytest.mark.parametrize("background", [False, True])
def test_edges(rng, background):
    """Ties, neighbours of 0.5 and of each other, zeros and ones; q need not sum to one."""
    columns = 28 + background
    event = np.tile(EDGES, (1000, 1))
    tied = rng.integers(0, 3, size=(1000, columns)) / np.float32(40)
    near = np.nextafter(tied, np.float32(1)) * rng.integers(0, 2, size=tied.shape)
    onehot = np.eye(columns, dtype="float32")[rng.integers(0, columns, 1000)]
    for category in (tied, np.maximum(tied, near), onehot, np.full((1000, columns), 1 / columns)):
        check(event, category, background)
    check(event, np.zeros((1000, columns)), background)
    check(event, np.ones((1000, columns)), background)


def test_the_output_is_float32_in_a_model_of_half_precision():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        event, category = keras.Input((10,), dtype="float32"), keras.Input((28,), dtype="float32")
        model = keras.Model([event, category], EventDecision()(event, category))
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.output.dtype == "float32"
    p, q = np.tile(np.float32([BELOW, HALF, ABOVE, 0, 1]), (3, 2)), np.full((3, 28), 1 / 28, "float32")
    found = model.predict([p, q], verbose=0)
    np.testing.assert_array_equal(found.argmax(-1), released_decision(p, q, 28))


@pytest.mark.parametrize(("event", "category"), [((2, 10, 1), (2, 28)), ((2, 10), (3, 28)), ((2, 10), (2, None))])
def test_invalid_shapes(event, category):
    with pytest.raises(AVEError, match=r"event \(B, T\) and category"):
        EventDecision().build(event, category)


def test_background_needs_another_class():
    with pytest.raises(AVEError):
        EventDecision(background=True).build((2, 10), (2, 1))
