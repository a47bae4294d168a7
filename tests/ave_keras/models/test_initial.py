"""Compares the bounds and moments of the initial weights with PyTorch's draws."""

import keras
import numpy as np
import pytest

import zoo
from ave_keras import AVEError, checkpoints
from ave_keras.models import localizer
from tests import small


def draws(entry, released):
    """`{name: array}` of PyTorch's draws for the released code."""
    import torch

    torch.manual_seed(0)
    module = released.Net(released.RELEASED, **released.FORMS[entry])
    xavier = ("L2",) if entry == "dmrn_late" else ("affine", "L1", "L2")
    for name, parameter in module.named_parameters():
        if name.startswith(xavier) and name.endswith("weight"):
            torch.nn.init.xavier_uniform_(parameter)
    state = {name: value.numpy() for name, value in module.state_dict().items()}
    # A Keras LSTM has the sum of the two biases.
    return {name: value + state.get(name.replace("bias_ih", "bias_hh"), 0) if "bias_ih" in name else value
            for name, value in state.items() if "bias_hh" not in name}  # fmt: skip


@pytest.mark.parametrize("entry", ["av_att", "dmrn_late"])
def test_distributions_equal_those_of_pytorch(entry):
    expected = draws(entry, pytest.importorskip("tests.released"))
    found = checkpoints.export_weights(zoo.load(entry, protocol="official", compile=False))
    for name, theirs in expected.items():
        ours = found[name]
        # Four standard errors of both draws; kernels have 10^4 to 10^6 values, biases 29 to 512.
        tolerance = 4 * np.sqrt(2 / ours.size)
        np.testing.assert_allclose(ours.std() / theirs.std(), 1, atol=tolerance, err_msg=name)
        np.testing.assert_allclose(ours.mean() / theirs.std(), 0, atol=tolerance, err_msg=name)
        assert abs(np.abs(ours).max() / np.abs(theirs).max() - 1) < (0.02 if ours.size > 1000 else 0.3), name


def test_seeds():
    weights = []
    for seed in (0, 0, 1):
        keras.utils.set_random_seed(seed)
        weights.append(small.load("a", protocol="official", compile=False).get_weights())
    assert all(np.array_equal(a, b) for a, b in zip(weights[0], weights[1], strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(weights[0], weights[2], strict=True))


def test_the_default_is_keras_initialization():
    model = small.load("av_att")
    assert not np.any(model.get_layer("head").get_weights()[1])
    with pytest.raises(AVEError, match=r"'init'.*'keras', 'torch'.*'pytorch'"):
        localizer(init="pytorch")
