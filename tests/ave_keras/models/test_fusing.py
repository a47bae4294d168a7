"""Checks all cells of Table 2 against NumPy float64; the fusions are in `fusion_reference`."""

import keras
import numpy as np
import pytest

import zoo
from ave_keras import AVEError
from ave_keras.models import localizer
from ave_keras.models.files import read_model
from tests import fusion_reference as by
from tests import reference, small

FUSIONS = {
    "additive": by.additive,
    "maxpool": by.max_pooling,
    "gated": by.gated_by_audio,
    "mb": by.bilinear,
    "gmu": by.gmu,
    "gmb": by.bilinear_gated_by_audio,
    "concat": lambda w, a, v: np.concatenate([a, v], -1),
    "mrn": by.mrn,
    "dmrn": by.dmrn,
}


class Weights:
    """The float64 weights of a model by layer name."""

    def __init__(self, model):
        self.model = model

    def __call__(self, name):
        return [np.float64(w) for w in self.model.get_layer(name).get_weights()]

    def dense(self, name, x):
        kernel, bias = self(name)
        return x @ kernel + bias

    def head(self, x):
        return self.dense("logits", reference.relu(self.dense("head", reference.relu(x))))

    def fused(self, name, a, v, layer="fusion"):
        weights = self(layer)
        if name == "dmrn":
            # Inputs of the right width have no projection, so the derivation uses an identity.
            units = weights[-1].shape[0]
            for position, x in enumerate((a, v)):
                if x.shape[-1] == units:
                    weights.insert(position, np.eye(units))
        return FUSIONS[name](weights, a, v)


def derivation(model, x, fusion, stage):
    weights = Weights(model)
    audio, visual = np.float64(x["audio"]), np.float64(x["visual"])
    cells = visual.reshape(*visual.shape[:2], -1, visual.shape[-1])
    attended = np.einsum("btk,btkc->btc", reference.attention(audio, cells, weights("attention")), cells)
    if stage == "early":
        joint = weights.fused(fusion, audio, attended)
        return reference.softmax(weights.head(reference.bilstm(joint, weights("lstm_joint"))))
    audio = reference.bilstm(audio, weights("lstm_audio"))
    visual = reference.bilstm(attended, weights("lstm_visual"))
    if stage == "decision":
        joint = weights.fused(fusion, weights.dense("audio_logits", audio), weights.dense("visual_logits", visual))
        needs_scores = fusion in ("concat", "mb", "gmb")
        return reference.softmax(weights.dense("logits", joint) if needs_scores else joint)
    if fusion == "dmrfe":
        joints = [weights.fused("dmrn", audio, visual, f"fusion_{i}") for i in (0, 1)]
        return np.mean([reference.softmax(weights.dense(f"logits_{i}", j)) for i, j in enumerate(joints)], axis=0)
    joint = weights.fused(fusion, audio, visual)
    return reference.softmax(weights.head(joint) if fusion == "concat" else weights.dense("logits", joint))


@pytest.mark.parametrize("name", [name for name in zoo.list(family="fusion") if name in small.ENTRIES])
def test_cell_equals_the_derivation(name):
    entry = zoo.entry(name)
    model = small.load(name)
    x, _ = small.batch(name)
    expected = derivation(model, x, entry.model["fusion"], entry.model["stage"])
    np.testing.assert_allclose(small.call(model, x), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fusion": "sum"}, r"'fusion'.*'additive'.*found 'sum'"),
        ({"stage": "middle"}, r"'stage'.*'early', 'late', 'decision'.*found 'middle'"),
        ({"fusion": "dmrfe", "stage": "early"}, r"'stage'.*\('late',\).*found 'early'"),
        ({"fusion": "dmrfe", "supervision": "weak"}, r"'supervision'.*\('full',\).*found 'weak'"),
        ({"fusion": "dmrn", "fusion_options": {"blocks": 0}}, r"DMRN.*'blocks'.*1 or more.*found 0"),
        ({"fusion": "gated", "fusion_options": {"gate": "both"}}, r"Gated.*'gate'.*'audio', 'visual'.*'both'"),
        (
            {"fusion": "concat", "fusion_options": {"units": 3}},
            r"'concat' does not support.*arguments of Concat.*units",
        ),
    ],
)
def test_invalid_arguments(arguments, message):
    with pytest.raises(AVEError, match=message):
        localizer(**arguments)


def test_an_outer_product_of_the_right_width_still_needs_a_classifier():
    model = localizer(num_classes=9, fusion="mb", stage="decision", fusion_options={"units": 3})
    assert model.get_layer("logits").get_weights()[0].shape == (9, 9)


@pytest.mark.parametrize(("policy", "on_jax"), [("float32", "auto"), ("mixed_bfloat16", False)])
def test_half_precision_does_not_use_cudnn_on_jax(policy, on_jax, tmp_path):
    original = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = small.load("av")
        model.save(tmp_path / "m.keras")
        read = read_model(tmp_path / "m.keras")
    finally:
        keras.config.set_dtype_policy(original)
    expected = on_jax if keras.backend.backend() == "jax" else "auto"
    for each in (model, read):
        lstms = [layer for layer in each._flatten_layers() if isinstance(layer, keras.layers.LSTM)]
        assert [layer.use_cudnn for layer in lstms] == [expected] * 4
