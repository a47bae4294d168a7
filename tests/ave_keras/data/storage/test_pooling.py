import errno

import numpy as np
import pytest

from ave_keras.data import AVE
from ave_keras.data.storage.pooling import BLOCK, pooled
from ave_keras.data.synthetic import SyntheticAVE
from ave_keras.errors import AVEError

SIZES = {"classes": 2, "segments": 4, "audio_dim": 6, "visual_shape": (2, 3, 4), "background_videos": 5}


@pytest.fixture
def ave():
    """More than two blocks, the last one not full."""
    return AVE.synthetic(2 * BLOCK + 3, **SIZES)


def test_means_of_videos_and_clips(ave):
    vectors = pooled(ave)
    assert vectors.spec["visual_shape"] == (4,) and ave.spec["visual_shape"] == (2, 3, 4)
    rows = [2 * BLOCK + 2, 0, len(ave.annotations) + 4]
    maps = ave.dataset(rows, modalities=("visual",))[0][0]["visual"].astype("float64")
    means = vectors.dataset(rows)[0][0]
    np.testing.assert_allclose(means["visual"], sum(maps[:, :, i, j] for i in (0, 1) for j in (0, 1, 2)) / 6, rtol=1e-6)
    assert means["visual"].dtype == "float32"
    np.testing.assert_array_equal(means["audio"], ave.dataset(rows)[0][0]["audio"])
    assert pooled(vectors) is vectors


def test_a_folder_keeps_them(ave, tmp_path):
    first = pooled(ave, tmp_path / "means").dataset("train")[0][0]["visual"]
    files = sorted(file.name for file in (tmp_path / "means").iterdir())
    assert files == ["background.float32", "main.float32"]
    array = np.fromfile(tmp_path / "means" / "main.float32", "float32")
    (array + 1).tofile(tmp_path / "means" / "main.float32")
    # Read, not made again.
    np.testing.assert_allclose(pooled(ave, tmp_path / "means").dataset("train")[0][0]["visual"], first + 1, rtol=1e-6)


def test_a_failure_leaves_no_file(ave, tmp_path):
    class Full:
        shape, ndim = ave.features.main["visual"][0].shape, 5

        def __len__(self):
            return len(ave.annotations)

        def __getitem__(self, index):
            raise OSError(errno.ENOSPC, "No space left on device")

    ave.features.main["visual"] = Full(), "visual_feature.h5"
    for folder in (None, tmp_path):
        with pytest.raises(AVEError, match=r"cannot write averaged visual maps.*found No space left.*Free some space"):
            pooled(ave, folder)
    assert not list(tmp_path.iterdir())


def test_a_bad_row_is_refused_when_it_is_used(tmp_path):
    import h5py

    SyntheticAVE(9, **SIZES).write(tmp_path)
    with h5py.File(tmp_path / "visual_feature.h5", "r+") as file:
        file["avadataset"][5, 0, 0, 0, 0] = float("nan")
    vectors = pooled(AVE.from_directory(tmp_path))
    assert vectors.dataset([4, 6])[0][0]["visual"].shape == (2, 4, 4)
    with pytest.raises(AVEError, match=r"visual_feature.h5.*row 5"):
        vectors.dataset([5])[0]


def test_nothing_to_average(ave):
    del ave.features.main["visual"], ave.features.background["visual"]
    assert pooled(ave) is ave
