import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers.fusion import Concat
from tests.kit import check_layer


def test_contract(rng):
    pair = np.float32(rng.normal(size=(2, 4, 3))), np.float32(rng.normal(size=(2, 4, 5)))
    check_layer(Concat(), pair, lambda _, a, v: np.concatenate([a, v], -1))


@pytest.mark.parametrize(("audio", "visual"), [((2, 4, 3), (2, 5, 3)), ((2, 4, 3), (2, 3)), ((2, 4, None), (2, 4, 3))])
def test_invalid_shapes(audio, visual):
    with pytest.raises(AVEError, match=r"Concat cannot fuse.*expected audio.*found audio"):
        Concat().build(audio, visual)
