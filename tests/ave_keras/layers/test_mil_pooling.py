import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import MILPooling
from tests.kit import check_layer


@pytest.fixture
def logits(rng):
    return np.float32(rng.normal(size=(3, 4, 5)))


@pytest.mark.parametrize(("pooling", "reduce"), [("mean", np.mean), ("max", np.max)])
def test_contract(logits, pooling, reduce):
    check_layer(MILPooling(pooling), (logits,), lambda _, x: reduce(x, axis=1))


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_mask_excludes_segments(logits, pooling):
    mask = np.array([[1, 1, 0, 0], [0, 1, 1, 1], [0, 0, 0, 0]], bool)
    pooled = keras.ops.convert_to_numpy(MILPooling(pooling)(logits, mask=mask))
    reduce = getattr(np, pooling)
    np.testing.assert_allclose(pooled[0], reduce(logits[0, :2], axis=0), atol=1e-6)
    np.testing.assert_allclose(pooled[1], reduce(logits[1, 1:], axis=0), atol=1e-6)
    np.testing.assert_array_equal(pooled[2], 0)


def test_invalid_arguments():
    with pytest.raises(AVEError, match=r"pooling.*'mean', 'max'.*found median"):
        MILPooling("median")
    with pytest.raises(AVEError, match=r"expected inputs \(B, T, C\), found \(3, 4\)"):
        MILPooling()(np.zeros((3, 4), "float32"))
