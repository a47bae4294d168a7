import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import GuidedPooling
from tests.attention_reference import cells_of, guided_pooling
from tests.kit import check_layer, randomize


@pytest.fixture
def inputs(rng):
    return np.float32(rng.normal(size=(2, 4, 6))), np.float32(rng.normal(size=(2, 4, 3, 2, 8)))


def test_contract(inputs):
    count = (6 * 5 + 5) + (8 * 5 + 5) + 5 + 1
    check_layer(GuidedPooling(5), inputs, lambda w, g, v: guided_pooling(g, cells_of(v), w)[0], weights=count)


def test_scores_are_a_distribution_over_the_map(inputs):
    layer = GuidedPooling(5)
    layer(*inputs)
    randomize(layer)
    _, scores = layer(*inputs, return_attention_scores=True)
    expected = guided_pooling(inputs[0], cells_of(inputs[1]), [np.float64(w) for w in layer.get_weights()])[1]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(scores).reshape(2, 4, 6), expected, atol=1e-6)


@pytest.mark.parametrize("visual", [(2, 4, 6, 8), (2, 5, 3, 2, 8), (2, 4, 3, 2, None)])
def test_invalid_inputs(visual):
    with pytest.raises(AVEError, match=r"guide \(\.\.\., d\) and visual"):
        GuidedPooling().build((2, 4, 6), visual)
    with pytest.raises(AVEError, match=r"units.*found 0"):
        GuidedPooling(0)
