"""Every entry, the moment it is registered."""

import keras
import numpy as np
import pytest

import zoo
from tests import small

MATCHING = zoo.list(task="matching")
# Ours has no released form.
RELEASED = [name for name in zoo.list(task="weak") if name != "w_avel"]
OFFICIAL = RELEASED if keras.backend.backend() == "torch" else zoo.list(family="weak")
# Others trace or compile these for seconds each; their layers are tested one by one, traced and under both policies.
TRACED = ("av_att", "ssn", "dcca")
MIXED = small.ENTRIES if keras.backend.backend() == "torch" else TRACED
LENGTHS = (5, 7, 10) if keras.backend.backend() == "torch" else (7,)


@pytest.mark.parametrize("name", small.ENTRIES)
def test_parameters_at_released_sizes(name):
    entry = zoo.entry(name)
    assert entry.build().count_params() == entry.parameters


@pytest.mark.parametrize("name", small.ENTRIES)
def test_one_step_moves_every_weight(name):
    model = small.load(name)
    x, y = small.batch(name)
    model.run_eagerly = keras.backend.backend() == "tensorflow" and name not in TRACED
    before = [np.array(keras.ops.convert_to_numpy(w)) for w in model.trainable_weights]
    # The last batch is smaller, so that nothing may rely on a fixed size; JAX would compile for each.
    history = model.fit(x, y, batch_size=3 if keras.backend.backend() == "jax" else 2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    # Exact match needs whole queries, which batches of pairs are not: `zoo.matching.ExactMatch` adds it.
    assert zoo.entry(name).monitor in history or name in MATCHING
    for weight, old in zip(model.trainable_weights, before, strict=True):
        assert np.any(keras.ops.convert_to_numpy(weight) != old), f"no gradient reaches {weight.path}"


@pytest.mark.parametrize("segments", LENGTHS)
@pytest.mark.parametrize("name", [name for name in small.ENTRIES if name not in MATCHING])
def test_output_is_probabilities_at_any_length(name, segments):
    x, y = small.batch(name, segments=segments)
    found = small.call(small.load(name, segments=segments), x)
    found = found if isinstance(found, dict) else {"segments": found}
    assert isinstance(y, dict) == (len(found) > 1)
    assert found["segments"].shape == (3, segments, 5)
    for key in found.keys() & {"segments", "video"}:
        np.testing.assert_allclose(found[key].sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize("segments", LENGTHS)
@pytest.mark.parametrize("name", MATCHING)
def test_output_is_the_distances_of_embeddings_at_any_length(name, segments):
    x, _ = small.batch(name, segments=segments)
    found = small.call(small.load(name), x)
    sound, picture = np.float64(found["audio"]), np.float64(found["visual"])
    expected = np.linalg.norm(picture[:, :, None] - sound[:, None], axis=-1)
    assert found["distances"].shape == (3, segments, segments)
    np.testing.assert_allclose(found["distances"], np.maximum(expected, 1e-7**0.5), atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("name", MIXED)
def test_mixed_precision_trains(name, policy):
    original = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = small.load(name)
        # JAX compiles every operation of an eager step by itself, which takes longer than the step as a whole.
        model.run_eagerly = keras.backend.backend() != "jax"
        x, y = small.batch(name)
        losses = [model.train_on_batch(x, y, return_dict=True)["loss"] for _ in range(3)]
    finally:
        keras.config.set_dtype_policy(original)
    assert np.isfinite(losses).all()
    assert all(np.isfinite(keras.ops.convert_to_numpy(w)).all() for w in model.trainable_weights)
    assert all(keras.backend.standardize_dtype(t.dtype) == "float32" for t in model.outputs)


@pytest.mark.parametrize("name", zoo.list())
def test_card(name, capsys):
    zoo.card(name)
    text = capsys.readouterr().out
    entry = zoo.entry(name)
    figures = [str(figure) for figure in entry.paper.values()] or ["not in the paper"]
    losses = [term["loss"] for term in (entry.recipe.losses or {}).values()] or [entry.recipe.loss]
    for part in (entry.title, f"{entry.parameters:,}", *figures, *losses):
        assert part in text


@pytest.mark.parametrize("name", [*OFFICIAL, "av_att", "dmrn_late"])
def test_official_protocol_builds(name):
    model = small.load(name, protocol="official")
    loss = model.loss["video"] if isinstance(model.loss, dict) else model.loss
    # The weak PSP learns from shares of the seconds by binary cross-entropy.
    assert loss.name == ("binary_crossentropy" if name == "w_psp" else "multi_label_soft_margin")
    x, _ = small.batch(name)
    assert np.isfinite(zoo.training.segment_probabilities(model, x)).all()
