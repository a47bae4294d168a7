"""All cells of Table 2 against NumPy float64: stages here, fusions in `fusion_reference`."""

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
            # Where a width fits already there is no projection: the derivation gets an identity.
            units = weights[-1].shape[0]
            for position, x in enumerate((a, v)):
                if x.shape[-1] == units:
                    weights.insert(position, np.eye(units))
        return FUSIONS[name](weights, a, v)


def by_the_stages(model, x, fusion, stage):
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
    expected = by_the_stages(model, x, entry.model["fusion"], entry.model["stage"])
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
        ({"fusion": "concat", "fusion_options": {"units": 3}}, r"'concat' does not take.*arguments of Concat.*units"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(AVEError, match=message):
        localizer(**arguments)


def test_an_outer_product_is_no_scores_even_where_it_is_as_wide():
    model = localizer(num_classes=9, fusion="mb", stage="decision", fusion_options={"units": 3})
    assert model.get_layer("logits").get_weights()[0].shape == (9, 9)


@pytest.mark.parametrize(("policy", "on_jax"), [("float32", "auto"), ("mixed_bfloat16", False)])
def test_half_precision_stays_off_the_cudnn_of_jax(policy, on_jax, tmp_path):
    original = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = small.load("av")
        model.save(tmp_path / "m.keras")
        read = read_model(tmp_path / "m.keras")
    finally:
        keras.config.set_dtype_policy(original)
    expected = on_jax if keras.backend.backend() == "jax" else "auto"
    for made in (model, read):
        lstms = [layer for layer in made._flatten_layers() if isinstance(layer, keras.layers.LSTM)]
        assert [layer.use_cudnn for layer in lstms] == [expected] * 4
