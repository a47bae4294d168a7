import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import SpatialAveragePooling
from tests.kit import check_layer


def test_contract(rng):
    maps = np.float32(rng.normal(size=(2, 4, 3, 2, 5)))
    check_layer(SpatialAveragePooling(), (maps,), lambda _, x: x.mean((-3, -2)))


def test_invalid_shapes():
    with pytest.raises(AVEError, match=r"expected inputs \(\.\.\., H, W, C\), found \(2, 10, 512\)"):
        SpatialAveragePooling().build((2, 10, 512))
