"""What holds for every lineage network, at sizes where a test takes milliseconds."""

import tempfile
from pathlib import Path

import keras
import numpy as np
import pytest

from ave_keras import AVEError, attention_maps, models
from ave_keras.layers import SpatialAveragePooling

SPEC = {"num_classes": 5, "segments": 4, "audio_dim": 6, "visual_shape": (3, 2, 8)}
RECURRENT = {"attention_units": 7, "lstm_units": 4}
PROJECTED = {**RECURRENT, "hidden_units": 9, "projected_units": 5}
RELATIONS = {"visual_units": 10, "bottleneck_units": 7, "units": 8, "feed_forward": 9, "heads": 2}
GATED = {**RELATIONS, "cell_units": 5, "audio_lstm_units": 3, "visual_lstm_units": 4, "decoder_feed_forward": 11}
GATED |= {"interaction_heads": 2, "top_k": 2}
#: A network by its builder and the arguments that change its form: its small sizes.
NETWORKS = {
    ("psp", "full"): {**PROJECTED, "head_units": 6, "threshold": 0.01},
    ("psp", "weak"): {**RECURRENT, "projected_units": 5, "head_units": 6, "threshold": 0.01},
    ("cpsp", "full"): {**PROJECTED, "threshold": 0.01},
    ("cpsp", "weak"): {**PROJECTED, "threshold": 0.01},
    ("avsdn", "full"): RECURRENT,
    ("avsdn", "weak"): RECURRENT,
    ("cmran", "full"): RELATIONS,
    ("cmran", "weak"): RELATIONS,
    ("cmbs", "full"): GATED,
    ("cmbs", "weak"): GATED,
    ("cace_net", "full"): GATED,
    ("cace_net", "none"): GATED,
    ("cace_net", "visual"): GATED,
}
ON_ALL = [("cpsp", "full"), ("cace_net", "full")]
# Every network runs on PyTorch, which traces nothing.
TESTED = list(NETWORKS) if keras.backend.backend() == "torch" else ON_ALL
POLICIES = ["mixed_float16", "mixed_bfloat16"] if keras.backend.backend() == "torch" else ["mixed_float16"]
every_network = pytest.mark.parametrize("network", TESTED, ids="-".join)
#: The scalar weights at the released sizes.
COUNTS = {
    ("psp", "full"): 1_546_609,
    ("psp", "weak"): 1_251_854,
    ("cpsp", "full"): 1_535_822,
    ("cpsp", "weak"): 1_535_822,
    ("avsdn", "full"): 2_159_438,
    ("avsdn", "weak"): 2_159_438,
    ("cmran", "full"): 9_509_150,
    ("cmran", "weak"): 9_509_407,
    ("cmbs", "full"): 9_197_401,
    ("cmbs", "weak"): 9_395_518,
    ("cace_net", "full"): 9_280_345,
    ("cace_net", "none"): 7_323_735,
    ("cace_net", "visual"): 7_867_223,
    ("cace_net", "audio"): 9_280_345,
}
TWO_HEADS = {"segments", "event", "category", "category_logits"}
OUTPUTS = {
    ("psp", "full"): {"segments", "similarity"},
    ("psp", "weak"): {"segments", "video"},
    ("cpsp", "full"): {*TWO_HEADS, "event_logits", "similarity", "fusion"},
    ("cpsp", "weak"): {*TWO_HEADS, "event_logits", "video", "fusion"},
    ("avsdn", "full"): {*TWO_HEADS, "event_logits"},
    ("avsdn", "weak"): {*TWO_HEADS, "event_logits", "video"},
    ("cmran", "full"): {*TWO_HEADS, "event_logits"},
    ("cmran", "weak"): {*TWO_HEADS, "event_logits", "video"},
    ("cmbs", "full"): {*TWO_HEADS, "event_logits", "gate", "score_logits"},
    ("cmbs", "weak"): {*TWO_HEADS, "video", "gate"},
}
OUTPUTS |= {
    ("cace_net", guide): {*OUTPUTS["cmbs", "full"], "query", "key", "contrast"}
    for guide in ("full", "none", "visual", "audio")
}


def build(network, **kwargs):
    builder, form = network
    form = {"supervision": form} if form in ("full", "weak") else {"guide": form}
    return getattr(models, builder)(**{**SPEC, **NETWORKS.get(network, {}), **form, **kwargs})


def released(network):
    builder, form = network
    return getattr(models, builder)(**({"supervision": form} if form in ("full", "weak") else {"guide": form}))


def batch(size=3, **spec):
    spec, rng = {**SPEC, **spec}, np.random.default_rng(0)
    shapes = {"audio": (spec["audio_dim"],), "visual": spec["visual_shape"]}
    return {key: np.float32(rng.normal(size=(size, spec["segments"], *shape))) for key, shape in shapes.items()}


@pytest.mark.parametrize("network", COUNTS if list(NETWORKS) == TESTED else ON_ALL, ids="-".join)
def test_released_sizes(network):
    """CACE-Net has one more, the switch, which is not trained."""
    model = released(network)
    assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == COUNTS[network]
    assert model.count_params() - COUNTS[network] == (network[0] == "cace_net")
    assert {key: x.shape[-1] for key, x in model.output.items() if key == "segments"} == {"segments": 29}


@every_network
def test_outputs(network):
    """They are float32 distributions and logits, for a batch of one, too."""
    model, x = build(network), batch()
    outputs = model.predict(x, verbose=0)
    assert set(outputs) == OUTPUTS[network]
    for key in ("segments", "video", "category"):
        if key in outputs:
            assert outputs[key].min() >= 0
            np.testing.assert_allclose(outputs[key].sum(-1), 1, atol=1e-5, err_msg=key)
    assert outputs["segments"].shape == (3, 4, 5)
    for key, value in outputs.items():
        assert value.shape == (3, *model.output[key].shape[1:]), key
    if "event" in outputs:
        background = outputs["category"].shape[-1] == 5
        expected = np.where(outputs["event"] > 0.5, outputs["category"].argmax(-1)[:, None], 4)
        np.testing.assert_array_equal(outputs["segments"].argmax(-1), expected)
        assert background == (network in (("cmran", "weak"), ("cmbs", "weak")))
    one = model.predict({key: value[:1] for key, value in x.items()}, verbose=0)
    for key, value in one.items():
        np.testing.assert_allclose(value, outputs[key][:1], atol=1e-5, err_msg=key)


@every_network
def test_gradients_reach_every_weight(network):
    """But the bias of keys, which adds the same to all scores of a softmax, so that its gradient is zero."""
    model, rng = build(network), np.random.default_rng(1)
    x = batch(8)
    before = [keras.ops.convert_to_numpy(w) for w in model.trainable_weights]
    targets = {key: np.float32(rng.normal(size=(8, *value.shape[1:]))) for key, value in model.output.items()}
    model.compile(keras.optimizers.SGD(1.0), dict.fromkeys(targets, "mse"), jit_compile=False)
    model.train_on_batch(x, targets)
    for weight, old in zip(model.trainable_weights, before, strict=True):
        change = np.abs(keras.ops.convert_to_numpy(weight) - old).max()
        assert np.isfinite(change)
        assert change > 1e-8 or weight.path.endswith("key/bias"), weight.path


@every_network
def test_saved_and_loaded(network):
    model, x = build(network), batch()
    expected = model.predict(x, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model.keras")
        again = keras.models.load_model(Path(folder) / "model.keras").predict(x, verbose=0)
    for key, value in expected.items():
        np.testing.assert_array_equal(again[key], value, err_msg=key)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("network", TESTED if keras.backend.backend() == "torch" else ON_ALL[:1], ids="-".join)
def test_mixed_precision(network, policy):
    """Outputs stay float32 and decisions agree with their parts; a train step stays finite."""
    keras.config.set_dtype_policy(policy)
    try:
        model = build(network)
    finally:
        keras.config.set_dtype_policy("float32")
    outputs = model.predict(batch(), verbose=0)
    assert all(value.dtype == np.float32 and np.isfinite(value).all() for value in outputs.values())
    if "event" in outputs:
        expected = np.where(outputs["event"] > 0.5, outputs["category"].argmax(-1)[:, None], 4)
        np.testing.assert_array_equal(outputs["segments"].argmax(-1), expected)
    model.compile(keras.optimizers.SGD(0.01), dict.fromkeys(outputs, "mse"), jit_compile=False)
    model.train_on_batch(batch(), {key: np.zeros_like(value) for key, value in outputs.items()})
    assert all(np.isfinite(keras.ops.convert_to_numpy(w)).all() for w in model.trainable_weights)


@every_network
def test_other_shapes(network):
    """Any length, number of classes, width of the sound, size and depth of the map; T may stay open."""
    least = 3 if network in (("cpsp", "weak"), ("avsdn", "weak")) else 2
    spec = {"num_classes": least, "segments": 7, "audio_dim": 3, "visual_shape": (1, 5, 4)}
    outputs = build(network, **spec).predict(batch(**spec), verbose=0)
    assert outputs["segments"].shape == (3, 7, least)
    outputs = build(network, segments=None).predict(batch(segments=9), verbose=0)
    assert outputs["segments"].shape == (3, 9, 5)


@every_network
def test_attention_maps(network):
    model = build(network)
    if network in (("cace_net", "none"), ("cace_net", "visual")):
        with pytest.raises(AVEError, match="SpatialChannelAttention"):
            attention_maps(model, batch())
    else:
        assert attention_maps(model, batch()).shape == (3, 4, 3, 2)


@every_network
def test_training_keeps_the_maps(network):
    """The trainer averages the maps beforehand for models that have this layer."""
    assert not any(isinstance(layer, SpatialAveragePooling) for layer in build(network).layers)


INVALID = [
    ({"supervision": "none"}, r"supervision.*'full'"),
    ({"init": "zeros"}, r"init.*'keras', 'torch'"),
    ({"num_classes": 1}, r"num_classes.*an event class and background, found 1"),
    ({"num_classes": 2.5}, r"num_classes.*found 2.5"),
    ({"segments": 0}, r"segments.*found 0"),
    ({"audio_dim": True}, "audio_dim"),
    ({"visual_shape": (512,)}, r"visual_shape.*\(H, W, d_v\), found \(512,\)"),
    ({"visual_shape": (3, 2, 0)}, r"visual_shape.*found 0"),
]
BY_BUILDER = {
    "psp": [({"threshold": 1}, r"threshold.*\[0, 1\), found 1"), ({"dropout": -0.1}, "dropout")],
    "cpsp": [({"threshold": -0.1}, "threshold"), ({"lstm_units": 0}, "lstm_units")],
    "avsdn": [({"attention_units": 0}, "attention_units")],
    "cmran": [
        ({"heads": 3}, r"heads.*a divisor of the width 8, found 3"),
        ({"interaction_heads": 5}, "interaction_heads"),
    ],
    "cmbs": [
        ({"top_k": 5}, r"segments.*5 seconds or more.*found 4.*Pass a smaller top_k"),
        ({"beta": float("nan")}, r"beta.*a finite number"),
        ({"decision": "both"}, "decision"),
        ({"decision": "double"}, r"decision.*\('single',\), found 'double'"),
    ],
    "cace_net": [
        ({"guide": "both"}, r"guide.*'none', 'visual', 'audio', 'co'"),
        ({"supervision": "weak"}, r"supervision.*'full'.*does not run"),
        ({"psi": None}, "psi"),
        ({"cell_dropout": 1.0}, "cell_dropout"),
    ],
}


@pytest.mark.parametrize(
    ("builder", "arguments", "message"),
    [(builder, *case) for builder, own in BY_BUILDER.items() for case in (*INVALID, *own)],
)
def test_invalid_arguments(builder, arguments, message):
    with pytest.raises(AVEError, match=message):
        build((builder, "full"), **arguments)


@pytest.mark.parametrize("builder", ["cpsp", "avsdn"])
def test_weak_supervision_needs_two_event_classes(builder):
    with pytest.raises(AVEError, match=r"num_classes.*two event classes and background, found 2"):
        build((builder, "weak"), num_classes=2)


def test_the_switch_of_the_query():
    """It changes event scores only; off, they are those of the joint feature."""
    model, x = build(("cace_net", "full")), batch()
    on = model.predict(x, verbose=0)
    model.get_layer("contrastive").switch.assign(0.0)
    off = model.predict(x, verbose=0)
    assert np.abs(on["event_logits"] - off["event_logits"]).max() > 1e-3
    for key in ("category_logits", "query", "key", "gate"):
        np.testing.assert_array_equal(on[key], off[key])
    joint = keras.Model(model.inputs, model.get_layer("joint").output).predict(x, verbose=0)
    kernel, bias = model.get_layer("event_classifier").get_weights()
    np.testing.assert_allclose(off["event_logits"], (joint @ kernel + bias)[..., 0], atol=1e-5)


def test_the_audio_guide_is_the_co_guide_without_effect_on_the_sound():
    audio, co = build(("cace_net", "audio"), **GATED), build(("cace_net", "full"), psi=0.0)
    audio.set_weights(co.get_weights())
    for key, value in audio.predict(batch(), verbose=0).items():
        np.testing.assert_array_equal(value, co.predict(batch(), verbose=0)[key], err_msg=key)
    assert audio.get_layer("audio_guidance").psi == 0.0
