"""A run as `ave-keras train` leaves it, and its data set, at sizes where a test takes milliseconds."""

import pytest

import zoo
from ave_keras.data import AVE
from ave_keras.models.files import write_metadata
from tests import small
from zoo.training.metadata import run_metadata


@pytest.fixture(scope="session")
def ave():
    return AVE.synthetic(30, classes=2, segments=4, audio_dim=6, visual_shape=(3, 2, 8))


@pytest.fixture
def trained(ave, tmp_path):
    """Makes the run of an entry, with further metadata."""

    def trained(name="av_att", **metadata):
        folder = tmp_path / "run"
        folder.mkdir(exist_ok=True)
        small.load(name, **ave.spec).save(folder / "model.keras")
        run = run_metadata(zoo.entry(name).with_recipe(learning_rate=0.002), ave, seed=3)
        write_metadata(folder / "model.keras", **run | metadata)
        (folder / "log.csv").write_text("epoch,loss\n0,1.5\n")
        return folder

    return trained
