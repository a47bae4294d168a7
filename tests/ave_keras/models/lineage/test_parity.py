"""Compares our networks with what the released code computes with the same weights, stored in fixtures."""

import keras
import numpy as np
import pytest

import ave_keras
from tests import lineage, small


@pytest.mark.parametrize("name", lineage.FIXTURES)
def test_equals_the_released_network(shared, name):
    """At the released sizes: outputs and the outputs of blocks."""
    check(lineage.fixture(shared, name))


@pytest.mark.parametrize("name", lineage.MINI)
def test_equals_the_small_released_network(shared, name):
    """At a sixteenth of every width, with stored weights."""
    check(lineage.fixture(shared, name, mini=True))


def check(fixture):
    model = fixture.load()
    compared, segments = fixture.compare(model)
    # The key of CACE-Net has noise, see below.
    assert {key for key in fixture.stored if key.startswith(("out_", "mid_"))} - set(compared) <= {"out_k"}
    for key, (found, expected) in compared.items():
        np.testing.assert_allclose(found, expected, atol=1e-5, rtol=1e-6, err_msg=key)
    np.testing.assert_array_equal(segments.argmax(-1), decision(fixture, segments.shape[-1] - 1))


def decision(fixture, background):
    """The decision of the released evaluation from the stored outputs in double precision."""
    outputs = {key.removeprefix("out64_"): value for key, value in fixture.stored.items() if key.startswith("out64_")}
    for key in ("logits29", "seg_logits29"):
        if key in outputs:
            return outputs[key].argmax(-1)
    event = next(outputs[key] for key in ("is_event_TB1", "is_event", "av_gate", "event_logits") if key in outputs)
    scores = next(x for key, x in outputs.items() if key.endswith("logits") and x.shape[-1] >= background)
    if event.ndim == 3:
        event = event[..., 0].T
    # Our default decides by the gate of the weakly supervised CMBS, which is a probability already.
    happens = event > (0.5 if "av_gate" in outputs and "raw_logits" in outputs else 0)
    return np.where(happens, scores.argmax(-1)[:, None], background)


@pytest.mark.parametrize("mini", [True, False])
def test_the_key_with_the_released_noise(shared, mini):
    fixture = lineage.fixture(shared, "cace_sup", mini)
    model = fixture.load()
    joint = small.call(keras.Model(model.inputs, model.get_layer("joint").output), fixture.inputs)
    noise = fixture.stored["noise"].swapaxes(0, 1)
    key = keras.ops.convert_to_numpy(model.get_layer("contrastive")(joint, noise=noise)[2])
    np.testing.assert_allclose(key, fixture.stored["out_k"], atol=1e-5)
    assert np.abs(small.call(model, fixture.inputs)["key"] - key).max() > 1e-3


def test_the_second_sigmoid_of_the_weak_cmbs_makes_every_second_an_event(shared):
    fixture = lineage.fixture(shared, "cmbs_weak", mini=True)
    single, double = (small.call(fixture.load(decision=kind), fixture.inputs) for kind in ("single", "double"))
    np.testing.assert_array_equal(single["event"], single["gate"])
    np.testing.assert_allclose(double["event"], 1 / (1 + np.exp(-double["gate"])), atol=1e-6)
    assert (double["event"] > 0.5).all() and (single["event"] <= 0.5).any()
    classes = fixture.stored["out64_raw_logits"].argmax(-1)
    np.testing.assert_array_equal(double["segments"].argmax(-1), np.tile(classes[:, None], 10))


@pytest.mark.parametrize("name", ["cmran_sup", "cmbs_sup", "cace_sup"])
def test_attention_maps(shared, name):
    fixture = lineage.fixture(shared, name, mini=True)
    model = fixture.load()
    maps = ave_keras.attention_maps(model, fixture.inputs)
    assert maps.shape == (2, 10, 7, 7)
    np.testing.assert_allclose(maps.sum((-2, -1)), 1, atol=1e-5)
    assert maps.std() > 1e-4
