"""Features in a GPU's memory, tried on a CPU that says it has some."""

import keras
import numpy as np
import pytest

import zoo
from ave_keras.data import AVE
from ave_keras.data.storage import resident
from ave_keras.data.storage.resident import ResidentRows
from ave_keras.data.storage.rows import Rows
from ave_keras.errors import AVEError
from ave_keras.runtime import gpus
from tests.ave_keras.data.conftest import replace, values
from zoo.training.fitting import fit, train_dataset

pytestmark = pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="its batches come from the host")


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.setattr(gpus, "free_memory", lambda: 1 << 30)
    monkeypatch.setattr(resident, "BLOCK", 7)


@pytest.mark.parametrize("dtype", ["<f2", ">f2", "<f4", "<f8"])
def test_batches_are_the_same_tensors(gpu, folder, dtype):
    stored = values(folder / "visual_feature.h5").astype(dtype)
    replace(folder / "visual_feature.h5", "avadataset", stored)
    ave = AVE.from_directory(folder)
    options = {"task": "weak", "background": True, "batch_size": 8, "shuffle": True}
    (x, y), (expected, labels) = (ave.dataset("train", on_gpu=on_gpu, **options)[1] for on_gpu in (True, False))
    assert keras.ops.is_tensor(x["visual"]) and keras.backend.standardize_dtype(x["visual"].dtype) == "float32"
    for key in ("audio", "visual"):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(x[key]), expected[key])
    np.testing.assert_array_equal(y["video"], labels["video"])


def test_all_datasets_share_one_tensor(gpu, folder):
    ave = AVE.from_directory(folder)
    train, val = (ave.features.rows("audio", on_gpu=True) for _ in range(2))
    assert isinstance(train, ResidentRows) and train is val
    assert ave.dataset("train", on_gpu=True).workers == 1


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_bad_row_is_refused_where_it_is_used(gpu, folder, value):
    features = values(folder / "audio_feature.h5")
    bad = int(AVE.from_directory(folder).splits["val"][0])
    features[bad, 3, 2] = value
    replace(folder / "audio_feature.h5", "avadataset", features)
    ave = AVE.from_directory(folder)
    ave.dataset("train", batch_size=1000, on_gpu=True)[0]
    with pytest.raises(AVEError, match=f"audio_feature.h5.*found row {bad}, 1 bad"):
        ave.dataset("val", on_gpu=True)[0]


def test_other_types_come_from_the_host(gpu, folder):
    x, _ = AVE.from_directory(folder).dataset("train", dtype="float16", on_gpu=True)[0]
    assert isinstance(x["audio"], np.ndarray) and x["audio"].dtype == "float16"


def test_what_takes_more_than_an_eighth_stays_where_it_is(monkeypatch, folder):
    ave = AVE.from_directory(folder)
    size = int(np.prod(ave.features.rows("audio").shape)) * ave.features.main["audio"][0].itemsize
    for memory, kind in ((8 * size, ResidentRows), (8 * size - 1, Rows), (0, Rows)):
        monkeypatch.setattr(gpus, "free_memory", lambda memory=memory: memory)
        assert type(AVE.from_directory(folder).features.rows("audio", on_gpu=True)) is kind


def test_training_is_the_same(monkeypatch, folder):
    histories = []
    for memory in (1 << 30, 0):
        monkeypatch.setattr(gpus, "free_memory", lambda memory=memory: memory)
        ave = AVE.from_directory(folder)
        entry = zoo.entry("av_att").with_recipe(epochs=2, batch_size=8)
        keras.utils.set_random_seed(0)
        model = zoo.load("av_att", recipe={"batch_size": 8}, **ave.spec)
        assert isinstance(train_dataset(entry, ave)._features["visual"], ResidentRows if memory else Rows)
        histories.append(fit(entry, model, ave, verbose=0).history)
    assert histories[0] == histories[1]


def test_a_gpu_that_is_full_after_all(monkeypatch, gpu, folder):
    def full(*args, **kwargs):
        raise RuntimeError("RESOURCE_EXHAUSTED")

    monkeypatch.setattr(resident.ops, "zeros", full)
    assert type(AVE.from_directory(folder).features.rows("audio", on_gpu=True)) is Rows


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="PyTorch trains on one GPU")
def test_several_gpus_are_served_from_the_host(gpu, folder):
    ave = AVE.from_directory(folder)
    assert type(ave.features.rows("audio", on_gpu=True)) is ResidentRows
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=keras.distribution.list_devices()))
    try:
        assert type(ave.features.rows("audio", on_gpu=True)) is Rows
    finally:
        keras.distribution.set_distribution(None)
