import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import TopKPooling
from tests.kit import check_layer


@pytest.mark.parametrize("k", [1, 3, 5])
def test_contract(rng, k):
    inputs = (np.float32(rng.normal(size=(2, 5, 4))),)
    check_layer(TopKPooling(k), inputs, lambda _, x: np.sort(x, axis=1)[:, -k:].mean(axis=1))


def test_ties_do_not_matter():
    found = TopKPooling(2)(np.ones((1, 4, 3), "float32"))
    np.testing.assert_array_equal(found, np.ones((1, 3)))


@pytest.mark.parametrize("shape", [(2, 3, 28), (2, 28)])
def test_too_few_seconds(shape):
    with pytest.raises(AVEError, match="T of 4 or more"):
        TopKPooling(4).build(shape)
    with pytest.raises(AVEError, match=r"k.*an integer of 1 or more, found 0"):
        TopKPooling(0)
