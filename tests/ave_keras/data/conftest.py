"""A tiny data set on disk that tests may damage."""

import h5py
import numpy as np
import pytest

from ave_keras.data.synthetic import SyntheticAVE

TINY = {"classes": 4, "audio_dim": 6, "visual_shape": (3, 2, 4), "background_videos": 3, "seed": 5}


@pytest.fixture(autouse=True)
def private_cache(tmp_path, monkeypatch):
    """Checksums are remembered in a folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def made():
    return SyntheticAVE(40, **TINY)


@pytest.fixture
def folder(tmp_path, made):
    made.write(tmp_path / "tiny")
    return tmp_path / "tiny"


def replace(path, key, array, **kwargs):
    """Writes an HDF5 file anew with one array."""
    with h5py.File(path, "w") as file:
        file.create_dataset(key, data=array, **kwargs)


def values(path, key="avadataset"):
    with h5py.File(path) as file:
        return np.array(file[key])
