import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import GatedScaling
from tests.kit import check_layer


@pytest.mark.parametrize("width", [1, 6])
@pytest.mark.parametrize(("strength", "base"), [(0.1, 1.0), (0.2, 0.8)])
def test_contract(rng, width, strength, base):
    inputs = np.float32(rng.normal(size=(2, 4, 6))), np.float32(rng.uniform(size=(2, 4, width)))
    check_layer(GatedScaling(strength, base), inputs, lambda _, x, g: x * (base + strength * g))


def test_invalid_inputs():
    with pytest.raises(AVEError, match=r"strength.*a finite number, found nan"):
        GatedScaling(float("nan"))
    for gate in ((2, 4, 3), (2, 5, 1), (2, 1)):
        with pytest.raises(AVEError, match=r"inputs \(\.\.\., d\) and a gate"):
            GatedScaling().build((2, 4, 6), gate)
