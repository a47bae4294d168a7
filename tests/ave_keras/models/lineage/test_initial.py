"""Compares the initial weights with the bounds of the released code's distributions."""

import math

import keras
import numpy as np
import pytest

from ave_keras import checkpoints, models

XAVIER = {
    "psp": ("attention.affine", "psp.", "L1.", "L2."),
    "cpsp": ("attention.affine", "psp."),
    "avsdn": ("affine", "event_classifier", "category_classifier"),
}
FORMS = [("psp", "full"), ("psp", "weak"), ("cpsp", "weak"), ("avsdn", "full"), ("cmran", "weak"), ("cmbs", "full")]
FORMS += [("cmbs", "weak"), ("cace_net", "full")]


def bound(name, state, xavier):
    """The bound of the uniform distribution of a released tensor; None for a constant."""
    array = state[name]
    if "norm" in name or name.endswith(("in_proj_bias", "out_proj.bias")):
        return None
    if "_l0" in name:
        return math.sqrt(1 / (len(array) // 4))
    if name.endswith("in_proj_weight"):
        return math.sqrt(6 / (array.shape[0] + array.shape[1]))
    if name.endswith("bias"):
        return math.sqrt(1 / state[name.removesuffix("bias") + "weight"].shape[1])
    if name.startswith(xavier):
        return math.sqrt(6 / (array.shape[0] + array.shape[1]))
    return math.sqrt(1 / array.shape[1])


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="the draws are the same on every backend but slow")
@pytest.mark.parametrize(("builder", "supervision"), FORMS)
def test_bounds_and_moments(builder, supervision):
    model = getattr(models, builder)(supervision=supervision, init="torch")
    state = checkpoints.export_weights(model)
    for name, array in state.items():
        limit = bound(name, state, XAVIER.get(builder, ("no such name",)))
        if limit is None:
            assert (array == (name.endswith("weight"))).all(), name
            continue
        if "bias_hh" in name:
            # The sum of both biases is exported as the first.
            continue
        draws = 2 if "bias_ih" in name else 1
        assert np.abs(array).max() <= draws * limit * (1 + 1e-6), name
        if array.size >= 100:
            error = 6 / math.sqrt(array.size)
            np.testing.assert_allclose(array.std() / (limit * math.sqrt(draws / 3)), 1, atol=error, err_msg=name)
            np.testing.assert_allclose(array.mean() / limit, 0, atol=error, err_msg=name)


def test_blocks_of_an_encoder_start_equal():
    sizes = {"visual_units": 8, "bottleneck_units": 4, "units": 8, "feed_forward": 8}
    model = models.cmran(5, 4, 6, (3, 2, 8), **sizes, init="torch")
    encoder = model.get_layer("visual_encoder")
    for blocks in (encoder.attentions, encoder.feed_forwards):
        for first, second in zip(blocks[0].get_weights(), blocks[1].get_weights(), strict=True):
            np.testing.assert_array_equal(first, second)
    other = model.get_layer("audio_encoder").attentions[0].get_weights()
    assert np.abs(encoder.attentions[0].get_weights()[0] - other[0]).max() > 1e-3


def test_keras_stays_the_default():
    dense = models.cmran(5, 4, 6, (3, 2, 8)).get_layer("visual_features")
    assert not dense.get_weights()[1].any()
