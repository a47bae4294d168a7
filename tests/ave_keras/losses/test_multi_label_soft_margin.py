import keras
import numpy as np
import pytest

from ave_keras.losses import MultiLabelSoftMargin


def test_value_and_reload(rng):
    y = np.eye(5, dtype="float32")[rng.integers(0, 5, (3, 4))]
    x = np.float32(rng.normal(size=(3, 4, 5)) * 4)
    sigmoid = 1 / (1 + np.exp(-np.float64(x)))
    expected = -(y * np.log(sigmoid) + (1 - y) * np.log(1 - sigmoid)).mean()
    loss = keras.losses.deserialize(keras.losses.serialize(MultiLabelSoftMargin()))
    np.testing.assert_allclose(float(loss(y, x)), expected, rtol=1e-5)


def test_range_on_probabilities():
    """As in the released code, with a softmax over 29 columns: 0.680 is perfect, 0.715 the worst."""
    perfect = np.eye(29, dtype="float32")[None, :1]
    worst = np.eye(29, dtype="float32")[None, 1:2]
    assert float(MultiLabelSoftMargin()(perfect, perfect)) == pytest.approx(0.680, abs=5e-4)
    assert float(MultiLabelSoftMargin()(perfect, worst)) == pytest.approx(0.715, abs=5e-4)


def test_agrees_with_pytorch(rng):
    torch = pytest.importorskip("torch")
    y = np.eye(5, dtype="float32")[rng.integers(0, 5, (3, 4))]
    x = np.float32(rng.normal(size=(3, 4, 5)))
    theirs = torch.nn.MultiLabelSoftMarginLoss()(torch.tensor(x), torch.tensor(y)).item()
    assert float(MultiLabelSoftMargin()(y, x)) == pytest.approx(theirs, rel=1e-6)
