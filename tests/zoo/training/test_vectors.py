import keras
import numpy as np
import pytest

import zoo
from ave_keras.data import AVE
from ave_keras.layers import SpatialAveragePooling
from tests import small
from zoo.training.fitting import fit
from zoo.training.vectors import on_vectors


def averages_maps(name):
    entry = zoo.entry(name)
    return "visual" in entry.modalities and not entry.model.get("attention") and not entry.recipe.losses


WITHOUT_ATTENTION = [name for name in small.ENTRIES if averages_maps(name)]
RECIPE = {"epochs": 1, "batch_size": 8, "validate_every": 1}


@pytest.fixture(scope="module")
def ave():
    return AVE.synthetic(30, classes=2, segments=4, audio_dim=6, visual_shape=(2, 2, 4))


def load(name, ave):
    keras.utils.set_random_seed(0)
    return zoo.load(name, recipe=RECIPE, **ave.spec)


@pytest.mark.parametrize("name", ["cpsp", "w_cmbs", "cace_net"])
def test_models_that_average_other_maps_have_no_twin(name, ave):
    model = load(name, ave)
    assert on_vectors(model, ave) == (model, ave)


@pytest.mark.parametrize("name", WITHOUT_ATTENTION)
def test_the_twin_is_the_model_from_the_means_on(name, ave):
    model = load(name, ave)
    before = model.to_json()
    pooled, vectors = on_vectors(model, ave)
    assert model.to_json() == before
    assert [v is w for v, w in zip(pooled.variables, model.variables, strict=True)] == [True] * len(model.variables)
    assert not any(isinstance(layer, SpatialAveragePooling) for layer in pooled.layers)
    maps, means = ave.dataset([3, 1])[0][0], vectors.dataset([3, 1])[0][0]
    np.testing.assert_allclose(means["visual"], maps["visual"].astype("float64").mean((2, 3)), rtol=1e-6)
    if zoo.entry(name).modalities == ("visual",):
        del maps["audio"], means["audio"]
    answers = model(maps), pooled(means)
    for one, other in zip(*map(keras.tree.flatten, answers), strict=True):
        one, other = map(keras.ops.convert_to_numpy, (one, other))
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-5)


# An LSTM and two outputs, dropout, pairs.
@pytest.mark.parametrize("name", ["w_v", "ssn", "avdln"])
def test_training_the_twin_trains_the_model(name, ave):
    entry = zoo.entry(name).with_recipe(**RECIPE)
    slow, quick = load(name, ave), load(name, ave)
    start = quick.get_weights()
    keras.utils.set_random_seed(1)  # PyTorch's dropout draws from a global generator.
    expected = fit(entry, slow, ave, verbose=0).history
    pooled, vectors = on_vectors(quick, ave)
    keras.utils.set_random_seed(1)
    found = fit(entry, pooled, vectors, verbose=0).history
    assert found.keys() == expected.keys()
    for key in expected:
        np.testing.assert_allclose(found[key], expected[key], rtol=1e-4, atol=1e-5)
    for before, one, other in zip(start, slow.get_weights(), quick.get_weights(), strict=True):
        moved = np.abs(other - before).max()
        assert moved > 1e-6 and np.abs(other - one).max() < 0.05 * moved
    assert int(quick.optimizer.iterations) == int(slow.optimizer.iterations) > 0


def test_others_stay_as_they_are(ave):
    for name in ("a", "av_att"):
        model = load(name, ave)
        assert on_vectors(model, ave) == (model, ave)
