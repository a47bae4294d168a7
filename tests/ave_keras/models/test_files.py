import zipfile

import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.models import files
from tests import small


def test_metadata_is_added_in_place_of_the_same_keys(tmp_path):
    path = tmp_path / "m.keras"
    model = small.load("a")
    model.save(path)
    kept = zipfile.ZipFile(path).namelist()
    files.write_metadata(path, data="mine", seed=1, odd="Töne")
    assert files.read_arrays(path) == {}
    files.add_metadata(path, {"x": np.arange(3)}, seed=2, data=None)
    assert files.read_metadata(path) == {"seed": 2, "odd": "Töne"}
    np.testing.assert_array_equal(files.read_arrays(path)["x"], np.arange(3))
    files.add_metadata(path, {}, seed=3)
    assert files.read_metadata(path)["seed"] == 3 and files.read_arrays(path) == {}
    assert zipfile.ZipFile(path).namelist() == [*kept, files.MEMBER]
    for a, b in zip(model.get_weights(), files.read_model(path).get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_cannot_be_written_or_read(tmp_path, monkeypatch):
    path = tmp_path / "m.keras"
    small.load("a").save(path)
    before = path.read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "write_metadata", full)
        with pytest.raises(AVEError, match=r"m\.keras\): found No space left.*complete and unchanged"):
            files.add_metadata(path, {}, temperature=2.0)
    assert path.read_bytes() == before and [*tmp_path.iterdir()] == [path]
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(files.ARRAYS, b"no arrays")
    with pytest.raises(AVEError, match=r"damaged arrays .*ave_keras\.npz"):
        files.read_arrays(path)
    # Objects could run code.
    small.load("a").save(path)
    files.write_metadata(path, {"x": np.array([1])})
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        np.save(tmp_path / "o.npy", np.array([{}]), allow_pickle=True)
        archive.writestr(files.ARRAYS, (tmp_path / "o.npy").read_bytes())
    with pytest.raises(AVEError, match="damaged arrays"):
        files.read_arrays(path)["x"]
