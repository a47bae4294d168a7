import keras
import numpy as np

from ave_keras.losses import ContrastiveLoss


def test_value_and_reload(rng):
    y = np.float32(rng.integers(0, 2, (3, 4, 4)))
    d = np.float32(rng.uniform(0, 3, (3, 4, 4)))
    weights = np.float32(rng.integers(0, 2, (3, 4, 4)))
    pairs = [
        distance**2 if true else max(0, 1.5 - distance) ** 2
        for true, distance, weight in zip(y.ravel(), np.float64(d).ravel(), weights.ravel(), strict=True)
        if weight
    ]
    loss = keras.losses.deserialize(keras.losses.serialize(ContrastiveLoss(1.5)))
    np.testing.assert_allclose(float(loss(y, d, weights)), np.mean(pairs), rtol=1e-5)
    assert ContrastiveLoss().margin == 2


def test_no_loss_beyond_the_margin():
    far = np.float32([[2.0], [5.0]])
    assert float(ContrastiveLoss()(np.zeros((2, 1)), far)) == 0
    assert float(ContrastiveLoss()(np.ones((2, 1)), far)) == (4 + 25) / 2
