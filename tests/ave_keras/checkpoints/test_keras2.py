"""The released AVDLN weights, and invalid files."""

import h5py
import numpy as np
import pytest

import zoo
from ave_keras import AVEError
from ave_keras.checkpoints.keras2 import AVDLN, input_sizes, is_keras2, read_dense
from tests import small


@pytest.fixture
def released(shared):
    return shared / "ave" / "avdln_official_keras2.h5"


def test_output_equals_a_float64_forward_pass(released, rng):
    model = zoo.load("avdln", weights=released, visual_shape=(512,))
    assert model.count_params() == 98_688
    sound = np.maximum(rng.normal(size=(1000, 1, 128)), 0) * 0.4
    picture = np.maximum(rng.normal(size=(1000, 1, 512)), 0)
    found = model.predict({"audio": np.float32(sound), "visual": np.float32(picture)}, verbose=0, batch_size=250)
    with h5py.File(released) as file:
        w = {n: [np.float64(file[n][n][f"{p}:0"]) for p in ("kernel", "bias")] for n in AVDLN.values()}

    def network(x, first, second):
        hidden = x @ w[first][0] + w[first][1]
        return np.where(hidden > 0, hidden, 0.3 * hidden) @ w[second][0] + w[second][1]

    r_v, r_a = (
        network(np.float64(np.float32(picture)), "dense_1", "dense_2"),
        network(np.float64(np.float32(sound)), "dense_3", "dense_4"),
    )
    expected = np.sqrt(np.maximum(((r_v - r_a) ** 2).sum(-1), 1e-7))
    np.testing.assert_allclose(found["distances"][:, 0], expected, atol=1e-5, rtol=1e-5)
    np.testing.assert_allclose(found["audio"], r_a, atol=1e-5)
    np.testing.assert_allclose(found["visual"], r_v, atol=1e-5)


def keras2_file(path, shapes, version="2.1.4", group=None):
    """Writes a Keras 2 weights file."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = version.encode()
        root = file.create_group(group) if group else file
        root.attrs["keras_version"] = version.encode()
        root.attrs["layer_names"] = [name.encode() for name in shapes]
        for name, (rows, columns) in shapes.items():
            names = [f"{name}/kernel:0", f"{name}/bias:0"]
            layer = root.create_group(name)
            layer.attrs["weight_names"] = [n.encode() for n in names]
            layer[names[0]], layer[names[1]] = np.full((rows, columns), 2.0), np.full(columns, 3.0)
    return path


SMALL = {"dense_1": (8, 5), "dense_2": (5, 3), "dense_3": (6, 5), "dense_4": (5, 3)}


@pytest.mark.parametrize("group", [None, "model_weights"])
def test_weights_and_whole_models_are_read(tmp_path, group):
    path = keras2_file(tmp_path / "w.h5", SMALL, group=group)
    assert is_keras2(path) and list(read_dense(path)) == list(SMALL)
    model = small.load("avdln", weights=path)
    kernel, bias = model.get_layer("visual_embedding").get_weights()
    assert (kernel == 2).all() and (bias == 3).all()


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (
            {**SMALL, "dense_3": (7, 5)},
            r"key 'dense_3'.*\[\(6, 5\), \(5,\)\] of 'audio_hidden', found \[\(7, 5\), \(5,\)\]",
        ),
        ({"dense_1": (8, 5)}, r"not the weights of 'avdln'.*dense_1, dense_2, dense_3, dense_4.*found dense_1"),
    ],
)
def test_weights_of_another_model(tmp_path, shapes, message):
    with pytest.raises(AVEError, match=message):
        small.load("avdln", weights=keras2_file(tmp_path / "w.h5", shapes))


def test_input_sizes_and_nan_weights(tmp_path):
    path = keras2_file(tmp_path / "w.h5", SMALL)
    assert input_sizes(path) == (6, 8)
    with h5py.File(path, "r+") as file:
        file["dense_2/dense_2/kernel:0"][0, 0] = np.nan
    with pytest.raises(AVEError, match=r"NaN or infinite \(.*w\.h5, key 'dense_2'\)"):
        small.load("avdln", weights=path, audio_dim=6, visual_shape=(8,))


def test_another_entry(tmp_path):
    path = keras2_file(tmp_path / "w.h5", SMALL)
    with pytest.raises(AVEError, match=r"not the weights of 'av'.*for entry 'avdln'"):
        small.load("av", weights=path)


def test_invalid_files(tmp_path):
    small.load("avdln").save_weights(tmp_path / "m.weights.h5")
    keras2_file(tmp_path / "three.h5", SMALL, version="3.1.0")
    (tmp_path / "text.h5").write_text("no")
    for name, message in {
        "m.weights.h5": "found HDF5 of another kind",
        "three.h5": "found a file of Keras 3",
        "text.h5": "HDF5 with an attribute 'layer_names'",
    }.items():
        assert not is_keras2(tmp_path / name)
        with pytest.raises(AVEError, match=rf"not a Keras 2 file.*{message}"):
            read_dense(tmp_path / name)
    with pytest.raises(AVEError, match=r"weights file not found \(.*absent"):
        read_dense(tmp_path / "absent.h5")
    # Keras itself loads Keras 3 files.
    small.load("avdln", weights=tmp_path / "m.weights.h5")
    with pytest.raises(AVEError, match=r"cannot load these weights into 'avdln'.*text.h5"):
        small.load("avdln", weights=tmp_path / "text.h5")
