import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import CanonicalProjection
from tests.kit import check_layer


def test_contract(rng):
    x = np.float32(rng.normal(size=(2, 5, 6)))
    check_layer(CanonicalProjection(4), (x,), lambda w, x: (x - w[0]) @ w[1], weights=6 + 6 * 4, trains=False)


def test_returns_the_first_features_before_fitting(rng):
    layer = CanonicalProjection(4)
    x = np.float32(rng.normal(size=(2, 5, 6)))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer(x)), x[..., :4])
    assert not layer.trainable_weights


def test_more_directions_than_features():
    with pytest.raises(AVEError, match=r"key 'units'.*1 to 6.*found 7"):
        CanonicalProjection(7).build((2, 5, 6))
