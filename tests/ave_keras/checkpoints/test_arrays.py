"""Arrays of every kind of file, against those that NumPy, Python and PyTorch have written."""

import os
import pickle

import keras
import numpy as np
import pytest
from safetensors.numpy import save_file

from ave_keras import AVEError
from ave_keras.checkpoints.arrays import read_arrays

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="the same on every backend")
FEATURES = {
    "a": np.linspace(-1, 1, 40).reshape(10, 4).astype("float16"),
    "b": np.asfortranarray(np.linspace(0, 9, 30).reshape(10, 3).astype(">f4")),
    "c": np.arange(6).reshape(2, 3),
}


def written(path, value):
    """Writes a value by the library that the suffix stands for."""
    if path.suffix == ".npy":
        np.save(path, value)
    elif path.suffix == ".npz":
        np.savez_compressed(path, **(value if isinstance(value, dict) else {"x": value}))
    elif path.suffix == ".pkl":
        path.write_bytes(pickle.dumps(value))
    else:
        import torch

        torch.save(value, path)
    return path


def assert_features(found):
    assert list(found) == list(FEATURES)
    for key, value in FEATURES.items():
        assert found[key].shape == value.shape
        np.testing.assert_array_equal(np.asarray(found[key]), value)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".pkl", ".pt"])
def test_a_dict_of_arrays(tmp_path, suffix):
    assert_features(read_arrays(written(tmp_path / f"x{suffix}", FEATURES)))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_pickle_protocol(tmp_path, protocol):
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps(FEATURES, protocol))
    assert_features(read_arrays(path))


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".pkl", ".pt"])
def test_one_array(tmp_path, suffix):
    found = read_arrays(written(tmp_path / f"x{suffix}", FEATURES["a"]))
    found = found["x"] if suffix == ".npz" else found
    np.testing.assert_array_equal(np.asarray(found), FEATURES["a"])
    assert found.dtype == "float16"


def test_safetensors(tmp_path):
    save_file({"a": FEATURES["a"]}, tmp_path / "x.safetensors")
    np.testing.assert_array_equal(read_arrays(tmp_path / "x.safetensors")["a"], FEATURES["a"])


@pytest.mark.parametrize("zipped", [True, False])
def test_tensors(tmp_path, zipped):
    torch = pytest.importorskip("torch")
    tensors = {"half": torch.arange(6).reshape(2, 3).half(), "brain": torch.linspace(0, 1, 7).bfloat16()}
    tensors["view"] = tensors["half"].T
    torch.save(tensors, tmp_path / "x.pt", _use_new_zipfile_serialization=zipped)
    found = read_arrays(tmp_path / "x.pt")
    for key, value in tensors.items():
        np.testing.assert_array_equal(found[key], value.float().numpy())
    assert found["half"].dtype == "float16" and found["brain"].dtype == "float32"


def test_other_values(tmp_path):
    """Lists, numbers, text and NumPy's scalars are plain values; a dict inside `np.savez` is one."""
    value = {np.str_("id"): [np.float32(0.5), 3, "ö"], 7: None}
    assert read_arrays(written(tmp_path / "x.pkl", value)) == {"id": [0.5, 3, "ö"], 7: None}
    np.savez(tmp_path / "x.npz", features=FEATURES)
    assert_features(read_arrays(tmp_path / "x.npz")["features"])


class Harmful:
    """Leaves a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch '{self.path}'",)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".pkl", ".pt"])
@pytest.mark.parametrize("wrapped", [lambda value: {"a": value}, lambda value: np.array([value], object)])
def test_nothing_is_run(tmp_path, suffix, wrapped):
    value = wrapped(Harmful(tmp_path / "run"))
    path = written(tmp_path / f"x{suffix}", value)
    with pytest.raises(AVEError, match=r"more than arrays .*found posix\.system\..* No code from the file was run"):
        read_arrays(path)
    assert not (tmp_path / "run").exists()


def test_unreadable_files(tmp_path, rng):
    with pytest.raises(AVEError, match=r"file not found .*gone\.npy"):
        read_arrays(tmp_path / "gone.npy")
    for content in (b"", b"hello", b"\x93NUMPY", b"PK\3\4", b"\x80\x04"):
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(AVEError, match="unreadable array file"):
            read_arrays(tmp_path / "x")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::SyntaxWarning", "ignore::UserWarning")
@pytest.mark.parametrize("suffix", [".npy", ".npz", ".pkl", ".pt"])
def test_damaged_files_are_one_error(tmp_path, suffix, rng):
    """Truncated and flipped bytes raise `AVEError` or give other values, never another exception."""
    content = written(tmp_path / f"x{suffix}", FEATURES).read_bytes()
    path = tmp_path / f"damaged{suffix}"
    for _ in range(300):
        damaged = bytearray(content[: rng.integers(1, len(content) + 1)])
        for position in rng.integers(0, len(damaged), rng.integers(0, 4)):
            damaged[position] = rng.integers(0, 256)
        path.write_bytes(damaged)
        try:
            found = read_arrays(path)
            for value in found.values() if isinstance(found, dict) else ():
                np.asarray(value)
        except AVEError:
            pass
