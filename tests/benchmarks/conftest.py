"""A data set and cells that run in about a second."""

import keras
import pytest

from ave_keras.data import AVE
from ave_keras.data.synthetic import SyntheticAVE
from benchmarks.grid.cells import Cell


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "tiny"
    SyntheticAVE(30, classes=2, segments=4, audio_dim=6, visual_shape=(2, 2, 4)).write(path)
    return path


@pytest.fixture(scope="session")
def identity(folder):
    ave = AVE.from_directory(folder)
    return {"title": ave.title, "sha256": ave.fingerprint()["sha256"], "bad_rows": []}


@pytest.fixture
def cell(identity):
    def make(entry="a", seed=0, **recipe):
        recipe = {"epochs": 4, "batch_size": 8, **recipe}
        common = {"protocol": "paper", "backend": keras.backend.backend(), "profile": "quick"}
        return Cell(entry=entry, seed=seed, data=identity, recipe=recipe, **common)

    return make
