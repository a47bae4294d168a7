import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import SpatialChannelAttention
from tests.attention_reference import cells_of, channel_attention, guided_pooling
from tests.kit import check_layer, functional, randomize


def attended(weights, audio, visual, context=None):
    """The weights of the inner pooling come first."""
    visual, context = cells_of(visual), cells_of(visual if context is None else context)
    return guided_pooling(audio, channel_attention(audio, visual, context, weights[6:]), weights[:6])


@pytest.fixture
def inputs(rng):
    audio = np.float32(rng.normal(size=(2, 4, 6)))
    return audio, *np.float32(rng.normal(size=(2, 2, 4, 3, 2, 8)))


@pytest.mark.parametrize("maps", [1, 2])
def test_contract(inputs, maps):
    count = (6 * 7 + 7) + (8 * 7 + 7) + (7 * 5 + 5) + (5 * 8 + 8) + (6 * 5 + 5) + (8 * 5 + 5) + 5 + 1
    layer = SpatialChannelAttention(7, 5)
    check_layer(layer, inputs[: 1 + maps], lambda w, *x: attended(w, *x)[0], weights=count)


def test_the_default_context_is_the_map_itself(inputs):
    layer = SpatialChannelAttention(7, 5)
    layer(*inputs)
    randomize(layer)
    one, two, other = layer(*inputs[:2]), layer(inputs[0], inputs[1], inputs[1]), layer(*inputs)
    np.testing.assert_array_equal(*(keras.ops.convert_to_numpy(x) for x in (one, two)))
    assert np.abs(keras.ops.convert_to_numpy(one - other)).max() > 1e-3


def test_scores_are_a_distribution_over_the_map(inputs):
    layer = SpatialChannelAttention(7, 5)
    symbols = [keras.Input(x.shape[1:]) for x in inputs]
    model = keras.Model(symbols, layer(*symbols, return_attention_scores=True))
    assert [x.shape for x in model.output] == [(None, 4, 8), (None, 4, 3, 2)]
    randomize(layer)
    _, scores = model.predict(list(inputs), verbose=0)
    expected = attended([np.float64(w) for w in layer.get_weights()], *map(np.float64, inputs))[1]
    np.testing.assert_allclose(scores.reshape(2, 4, 6), expected, atol=1e-6)


def test_released_sizes():
    layer = SpatialChannelAttention()
    functional(layer, [np.zeros((1, 10, 128), "float32"), np.zeros((1, 10, 7, 7, 512), "float32")])
    assert layer.count_params() == 756_225


@pytest.mark.parametrize(
    ("visual", "context"),
    [((2, 4, 6, 8), None), ((2, 5, 3, 2, 8), None), ((2, 4, 3, 2, 8), (2, 4, 3, 2, 9)), ((2, 4, 3, 2, None), None)],
)
def test_invalid_inputs(visual, context):
    with pytest.raises(AVEError, match=r"audio \(\.\.\., d_a\), visual and context"):
        SpatialChannelAttention().build((2, 4, 6), visual, context)
    with pytest.raises(AVEError, match=r"bottleneck_units.*found True"):
        SpatialChannelAttention(4, True)
