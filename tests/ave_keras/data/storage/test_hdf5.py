import h5py
import numpy as np
import pytest

from ave_keras.data.storage.hdf5 import LockedArray, open_array, read_array
from ave_keras.errors import AVEError
from tests.ave_keras.data.conftest import replace


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.h5"


@pytest.fixture
def array(rng):
    return rng.integers(0, 100, (5, 3, 4))


@pytest.mark.parametrize("dtype", ["<f8", "<f4", "<f2", ">f8", ">f4", ">f2", "<i4", ">i2", "u1"])
def test_one_piece_is_memory_mapped(path, array, dtype):
    replace(path, "avadataset", array.astype(dtype))
    found = open_array(path, "avadataset")
    assert isinstance(found, np.memmap) and not found.flags.writeable and found.dtype == dtype
    np.testing.assert_array_equal(found, array)


def test_offset_behind_a_user_block_and_other_arrays(path, array):
    with h5py.File(path, "w", userblock_size=512) as file:
        file["before"] = np.arange(7)
        file["avadataset"] = array
        file["after"] = np.arange(7)
    np.testing.assert_array_equal(open_array(path, "avadataset"), array)


@pytest.mark.parametrize("layout", [{"chunks": (2, 3, 2)}, {"compression": "gzip"}])
def test_chunks_are_read_by_h5py(path, array, layout):
    replace(path, "avadataset", array, **layout)
    found = open_array(path, "avadataset")
    assert isinstance(found, LockedArray) and len(found) == 5
    np.testing.assert_array_equal(found[1:3], array[1:3])
    np.testing.assert_array_equal(read_array(path, "avadataset"), array)


@pytest.mark.parametrize("kind", ["linked file", "external storage"])
def test_arrays_in_another_file_are_read_by_h5py(tmp_path, path, array, kind):
    with h5py.File(path, "w") as file:
        if kind == "linked file":
            replace(tmp_path / "other.h5", "values", array)
            file["avadataset"] = h5py.ExternalLink("other.h5", "/values")
        else:
            storage = [(str(tmp_path / "raw.bin"), 0, h5py.h5f.UNLIMITED)]
            file.create_dataset("avadataset", array.shape, array.dtype, external=storage)[...] = array
    found = open_array(path, "avadataset", shape=(5, 3, 4))
    assert isinstance(found, LockedArray)
    np.testing.assert_array_equal(read_array(path, "avadataset"), array)


def test_a_broken_link(path):
    with h5py.File(path, "w") as file:
        file["avadataset"] = h5py.ExternalLink("gone.h5", "/values")
    message = r"broken link .*a\.h5, key 'avadataset'\): expected '/values' in gone\.h5\. Put"
    with pytest.raises(AVEError, match=message):
        open_array(path, "avadataset")


def test_a_damaged_chunk_is_reported_with_its_row(path, array):
    replace(path, "avadataset", array, compression="gzip", chunks=(1, 3, 4))
    with h5py.File(path) as file:
        chunk = file["avadataset"].id.get_chunk_info(2)
    with path.open("r+b") as file:
        file.seek(chunk.byte_offset)
        file.write(b"?" * chunk.size)
    found = open_array(path, "avadataset")
    np.testing.assert_array_equal(found[1], array[1])
    with pytest.raises(AVEError, match=r"a\.h5, key 'avadataset'\): expected complete chunks, found .* in row 2\."):
        found[2]


def test_wrong_key_lists_those_found(path, array):
    replace(path, "features", array)
    with pytest.raises(
        AVEError, match=r"key not found .*a\.h5, key 'avadataset'\): expected .*'avadataset', found 'features'. Rename"
    ):
        open_array(path, "avadataset")


@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 4), (None, 3, 5)])
def test_wrong_shape(path, array, shape):
    replace(path, "avadataset", array)
    with pytest.raises(AVEError, match=r"wrong shape .*expected \(.*found \(5, 3, 4\)"):
        open_array(path, "avadataset", shape=shape)
    assert open_array(path, "avadataset", shape=(shape, (5, None, 4))) is not None


@pytest.mark.parametrize("keep", [0, 100, -8])
def test_cut_off(path, array, keep):
    replace(path, "avadataset", array)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(AVEError, match=r"not a complete HDF5 file .*a\.h5\).*Download or write it again"):
        open_array(path, "avadataset")


def test_other_files(path, array):
    with pytest.raises(AVEError, match="file not found"):
        open_array(path, "avadataset")
    path.write_text("hello")
    with pytest.raises(AVEError, match="not a complete HDF5 file"):
        open_array(path, "avadataset")
    replace(path, "avadataset", np.array([b"text"]))
    with pytest.raises(AVEError, match=r"wrong number type .*expected floats or integers"):
        open_array(path, "avadataset")


def test_never_written(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("avadataset", (5, 3, 4), "float32")
    with pytest.raises(AVEError, match="the array is empty"):
        open_array(path, "avadataset")


def test_raw_files_lie_beside(tmp_path, path, array, monkeypatch):
    """HDF5 looks for them in the current folder, and reads missing values as zeros."""
    monkeypatch.chdir(path.parent)
    with h5py.File(path, "w") as file:
        storage = [("raw.bin", 0, array.nbytes)]
        file.create_dataset("avadataset", array.shape, array.dtype, external=storage)[...] = array
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    np.testing.assert_array_equal(read_array(path, "avadataset"), array)
    raw = path.parent / "raw.bin"
    raw.write_bytes(raw.read_bytes()[:-1])
    size = array.nbytes
    with pytest.raises(AVEError, match=rf"values are missing .*expected {size} bytes in .*raw\.bin, found {size - 1}"):
        open_array(path, "avadataset")
    raw.unlink()
    with pytest.raises(AVEError, match=r"values are missing .*raw\.bin, found no file"):
        open_array(path, "avadataset")


def test_a_virtual_array_without_its_source(path, array):
    layout = h5py.VirtualLayout(array.shape, array.dtype)
    layout[...] = h5py.VirtualSource("source.h5", "values", shape=array.shape)
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("avadataset", layout)
    with pytest.raises(AVEError, match=r"values are missing .*expected the file .*source\.h5, found no file"):
        open_array(path, "avadataset")
    replace(path.parent / "source.h5", "values", array)
    np.testing.assert_array_equal(read_array(path, "avadataset"), array)
