import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.data import AVE, without_classes

EVENTS = [("a", "Bark", 0, 2), ("b", "Cat", 1, 3), ("c", "Flute", 0, 3), ("a", "Cat", 2, 3), ("d", "Bark", 0, 1)]
EVENTS += [(f"{name}{n}", name, 0, 2) for name in ("Bark", "Flute") for n in range(3)]
SPLITS = {"train": [0, 1, 2, 4, 5, 8], "val": [6, 9], "test": [3, 7, 10]}


@pytest.fixture
def ave(rng):
    return AVE.from_arrays(rng.normal(size=(11, 3, 4)), None, EVENTS, SPLITS)


def test_columns_and_videos_are_left_out(ave):
    before = ave.labels.copy()
    found = without_classes(ave, ["Cat"])
    assert found.class_names == ("Bark", "Flute") and found.spec["num_classes"] == 3
    # Video a has a bark, too; its sound is in no split.
    assert {split: rows.tolist() for split, rows in found.splits.items()} == {
        "train": [2, 4, 5, 8],
        "val": [6, 9],
        "test": [7, 10],
    }
    for split in found.splits:
        rows = found.split(split)
        np.testing.assert_array_equal(found.labels[rows], ave.labels[rows][..., [0, 2, 3]])
        np.testing.assert_array_equal(found.video_labels[rows], ave.video_labels[rows][..., [0, 2, 3]])
    np.testing.assert_array_equal(found.labels.sum(-1), 1)
    assert found.labels[[0, 1, 3], :, -1].all()
    # Their features are still there, and the given data set is as it was.
    x, _ = found.dataset([1, 3], modalities=["audio"])[0]
    np.testing.assert_array_equal(x["audio"], ave.dataset([1, 3], modalities=["audio"])[0][0]["audio"])
    np.testing.assert_array_equal(ave.labels, before)
    assert found.fingerprint() != ave.fingerprint() and "without Cat" in found.title


@pytest.mark.parametrize("names", [[], ["Meow"], ["Bark", "Cat", "Flute"]])
def test_mistakes(ave, names):
    with pytest.raises(AVEError, match="cannot leave out these classes"):
        without_classes(ave, names)


def test_a_split_with_nothing_left(rng):
    splits = {"train": [0, 2, 4], "val": [1], "test": [5]}
    ave = AVE.from_arrays(rng.normal(size=(11, 3, 4)), None, EVENTS, splits)
    with pytest.raises(AVEError, match=r"empty split .*key 'val'"):
        without_classes(ave, ["Cat"])
