import threading

import keras
import numpy as np
import pytest

from ave_keras.data import AVE, AVEDataset, EpochOrder
from ave_keras.data import dataset as module
from ave_keras.errors import AVEError
from tests.ave_keras.data.conftest import replace, values


@pytest.fixture
def ave(folder):
    return AVE.from_directory(folder)


def test_supervised_items(ave, folder):
    data = ave.dataset("train", batch_size=8)
    assert isinstance(data, AVEDataset) and isinstance(data, keras.utils.PyDataset)
    rows = ave.splits["train"][8:16]
    x, y = data[1]
    np.testing.assert_array_equal(x["audio"], values(folder / "audio_feature.h5")[rows])
    np.testing.assert_array_equal(x["visual"], values(folder / "visual_feature.h5")[rows])
    np.testing.assert_array_equal(y, ave.labels[rows])
    assert x["audio"].dtype == x["visual"].dtype == y.dtype == "float32"


def test_weak_items_with_background(ave, folder):
    data = ave.dataset("val", task="weak", background=True)
    (x, y), size = data[0], len(ave.splits["val"])
    assert len(data) == 1 and len(y["video"]) == size + 3
    np.testing.assert_array_equal(x["audio"][size:], values(folder / "audio_feature_noisy.h5"))
    np.testing.assert_array_equal(y["video"][:size], ave.video_labels[ave.splits["val"]])
    assert y["video"][size:, 4].all() and y["segments"][size:, :, 4].all()
    assert y["segments"].shape == (size + 3, 10, 5)


@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", ">f4", "<f2", ">f2"])
@pytest.mark.parametrize("chunked", [False, True])
def test_the_type_on_disk_makes_no_difference(ave, folder, dtype, chunked):
    expected = ave.dataset("train")[0][0]["visual"]
    replace(
        folder / "visual_feature.h5",
        "avadataset",
        values(folder / "visual_feature.h5").astype(dtype),
        chunks=chunked or None,
    )
    found = AVE.from_directory(folder).dataset("train")[0][0]["visual"]
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == "float32"


def test_all_float16_numbers(folder):
    numbers = np.arange(0, 1 << 16, dtype="uint16").view("float16")
    numbers = np.concatenate([numbers[np.isfinite(numbers)], np.zeros(2048, "float16")])[: 40 * 10 * 163].reshape(
        40, 10, 163
    )
    replace(folder / "audio_feature.h5", "avadataset", numbers)
    (folder / "audio_feature_noisy.h5").unlink()
    found = AVE.from_directory(folder).dataset(range(40), modalities=("audio",))[0][0]["audio"]
    assert found.tobytes() == numbers.astype("float32").tobytes()


def test_other_types_in_memory(ave):
    assert ave.dataset("train", dtype="float16")[0][0]["audio"].dtype == "float16"


@pytest.mark.parametrize(
    ("size", "drop", "batches"), [(8, True, 4), (8, False, 5), (32, True, 1), (50, True, 1), (16, False, 2)]
)
def test_remainder(ave, size, drop, batches):
    rows = np.arange(32 if size == 16 else 36)
    data = ave.dataset(rows, batch_size=size, drop_remainder=drop)
    assert len(data) == batches
    assert sum(len(y) for _, y in data) == (len(rows) // size * size if drop and size <= len(rows) else len(rows))
    with pytest.raises(IndexError):
        data[batches]


def test_order_is_a_function_of_seed_and_epoch(ave):
    data = ave.dataset("train", shuffle=True, seed=3)
    first = data.rows
    assert sorted(first) == sorted(ave.splits["train"]) and first.tolist() != ave.splits["train"].tolist()
    data.on_epoch_end()
    second = data.rows
    assert data.epoch == 1 and second.tolist() != first.tolist()
    resumed = ave.dataset("train", shuffle=True, seed=3)
    resumed.set_epoch(1)
    assert resumed.rows.tolist() == second.tolist()
    assert ave.dataset("train", shuffle=True, seed=4).rows.tolist() != first.tolist()
    np.testing.assert_array_equal(data[0][1], ave.labels[second[:64]])


def test_no_order_without_shuffling(ave):
    data = ave.dataset([5, 3, 9])
    data.on_epoch_end()
    assert data.rows.tolist() == [5, 3, 9]


def test_features_start_where_backends_take_them_over(ave):
    x, _ = ave.dataset("train")[0]
    assert all(array.ctypes.data % 64 == 0 for array in x.values())


def test_only_the_rows_asked_for_are_read(folder, monkeypatch):
    import h5py

    ave = AVE.from_directory(folder)
    monkeypatch.setattr(h5py.Dataset, "__getitem__", None)
    monkeypatch.setattr(h5py.Dataset, "read_direct", None)
    assert all(isinstance(ave.features.main[m][0], np.memmap) for m in ("audio", "visual"))
    ave.dataset("train", background=True)[0]


@pytest.mark.parametrize(
    ("value", "dtype"), [(np.nan, "f2"), (np.inf, "f2"), (np.nan, "f4"), (-np.inf, "f8"), (1e300, "f8")]
)
def test_bad_values_are_named(folder, value, dtype):
    array = values(folder / "audio_feature.h5").astype(dtype)
    array[7, 2, 3] = value
    replace(folder / "audio_feature.h5", "avadataset", array)
    ave = AVE.from_directory(folder)
    ave.dataset([0, 6, 8])[0]
    with pytest.raises(
        AVEError, match=r"NaN, infinite or too large .*audio_feature\.h5\).*found row 7, 1 bad values.*--skip"
    ):
        ave.dataset([0, 7, 8])[0]


def test_large_finite_values_pass(folder):
    array = values(folder / "audio_feature.h5").astype("float32")
    array[7] = 3e38
    replace(folder / "audio_feature.h5", "avadataset", array)
    assert AVE.from_directory(folder).dataset([7])[0][0]["audio"].max() == np.float32(3e38)


def model():
    audio = keras.Input((10, 6), name="audio")
    net = keras.Model({"audio": audio}, keras.layers.Dense(5, activation="softmax")(audio))
    net.compile("sgd", "categorical_crossentropy")
    return net


@pytest.fixture(params=[False, True], ids=["plain", "ahead"])
def ahead(request, monkeypatch):
    """Small batches are read ahead too."""
    if request.param:
        monkeypatch.setattr(module, "PREFETCH_BYTES", 1)
    return request.param


class Recorded(AVEDataset):
    """Notes which order was there when a batch was read."""

    def __getitem__(self, index):
        self.__dict__.setdefault("seen", []).append((self.epoch, index))
        return super().__getitem__(index)


def fit(ave, epochs, initial=0):
    """The batches of every epoch, in the order in which they were read."""
    data = Recorded(
        {"audio": ave.features.rows("audio")}, ave.labels, None, ave.splits["train"], batch_size=8, shuffle=True, seed=1
    )
    net, val = model(), ave.dataset("val", modalities=("audio",))
    net.fit(data, validation_data=val, epochs=1, verbose=0, shuffle=False)
    data.seen.clear()
    order = {"epochs": epochs, "initial_epoch": initial, "callbacks": [EpochOrder(data)]}
    net.fit(data, validation_data=val, verbose=0, shuffle=False, **order)
    return {e: [i for epoch, i in data.seen if epoch == e][-len(data) :] for e in range(initial, epochs)}


def test_orders_follow_fit(ave, ahead):
    every = list(range(len(ave.dataset("train", batch_size=8))))
    # Two readers may start in either order; that batches arrive in order is for `test_prediction_keeps_the_order`.
    assert {e: sorted(seen) for e, seen in fit(ave, 3).items()} == dict.fromkeys(range(3), every)
    assert {e: sorted(seen) for e, seen in fit(ave, 3, initial=2).items()} == {2: every}


def test_keras_own_shuffling_loses_no_batch(ave, ahead):
    data = ave.dataset("train", modalities=("audio",), shuffle=True, batch_size=8)
    assert data.workers == (2 if ahead else 1)
    count = []
    seen = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: count.append(batch))
    model().fit(data, epochs=2, verbose=0, shuffle=True, callbacks=[seen])
    assert len(count) == 2 * len(data) and data.epoch >= 2


def test_prediction_keeps_the_order(ave, ahead):
    data = ave.dataset("train", modalities=("audio",), batch_size=3)
    net = model()
    found = net.predict(data, verbose=0)
    expected = np.concatenate([net.predict_on_batch(data[i][0]) for i in range(len(data))])
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("position", [0, -1])
def test_a_bad_row_ends_training_with_its_name(folder, ahead, position):
    array = values(folder / "audio_feature.h5")
    row = AVE.from_directory(folder).splits["train"][position]
    array[row] = np.nan
    replace(folder / "audio_feature.h5", "avadataset", array)
    data = AVE.from_directory(folder).dataset("train", modalities=("audio",), batch_size=3)
    threads = threading.active_count()
    with pytest.raises(AVEError, match=rf"audio_feature\.h5\).*found row {row},"), data.errors():
        model().fit(data, verbose=0)
    assert threading.active_count() <= threads + 16


def test_other_errors_pass_unchanged(ave):
    with pytest.raises(KeyError), ave.dataset("train").errors():
        raise KeyError
