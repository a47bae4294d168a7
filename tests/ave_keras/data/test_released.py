"""The released annotations and AV-mini, where they are at hand."""

import numpy as np
import pytest

from ave_keras.data import AVE
from ave_keras.data.statistics import statistics
from tests.ave_keras.data.conftest import values


@pytest.fixture
def ave(shared):
    return AVE.from_directory(shared / "ave")


def test_labels_equal_the_released_ones(ave, shared):
    events = values(shared / "ave" / "labels_closs.h5")
    assert events.shape == (4143, 10)
    np.testing.assert_array_equal(ave.labels[..., :-1].sum(-1), events)
    np.testing.assert_array_equal(ave.labels[..., -1], 1 - events)
    # Written anew, since the released file would be used where it is.
    from ave_keras.data.annotations import video_labels

    rebuilt = video_labels(ave.annotations, ave.class_names)
    np.testing.assert_array_equal(rebuilt, values(shared / "ave" / "mil_labels.h5"))
    np.testing.assert_array_equal(ave.video_labels, rebuilt)


def test_splits_are_the_released_ones(ave, shared):
    for split, size in {"train": 3339, "val": 402, "test": 402}.items():
        assert len(ave.splits[split]) == len(ave.match_splits[split]) == size
        np.testing.assert_array_equal(ave.splits[split], values(shared / "ave" / f"{split}_order.h5", "order"))
        matching = values(shared / "ave" / f"{split}_order_match.h5", "order")
        np.testing.assert_array_equal(ave.match_splits[split], matching)


def test_figure_2(ave):
    found = statistics(ave)
    assert (found.title, found.videos, found.ids) == ("AVE", 4143, 4097) and ave.is_reference
    assert len(found.per_class) == 28
    assert (min(found.per_class.values()), max(found.per_class.values())) == (60, 188)
    assert round(100 * found.full_length, 1) == 66.4
    assert found.lengths == {10: 2750, 9: 95, 8: 111, 7: 139, 6: 200, 5: 196, 4: 217, 3: 220, 2: 214, 0: 1}
    assert found.leaks == {"val": 10, "test": 8} and found.empty_events == [26]
    assert {k: round(100 * v, 1) for k, v in found.references["test"].items()} == {
        "always background": 17.8,
        "true video class": 82.2,
    }
    assert sum(len(rows) - 1 for rows in ave.duplicates.values()) == 4143 - 4097


def test_features_are_missed_when_they_are_asked_for(ave):
    from ave_keras.errors import AVEError

    assert ave.spec == {"num_classes": 29, "segments": 10}
    with pytest.raises(AVEError, match=r"file not found .*audio_feature\.h5.*The README of YapengTian/AVE-ECCV18"):
        ave.dataset("test")


def test_avmini_as_it_is(shared):
    ave = AVE.from_directory(shared / "avmini")
    assert ave.title == "AV-mini (composed)" and not ave.is_reference
    assert ave.spec == {"num_classes": 9, "segments": 10, "audio_dim": 1024, "visual_shape": (7, 7, 64)}
    assert {s: len(rows) for s, rows in ave.splits.items()} == {"train": 700, "val": 100, "test": 300}
    assert ave.source_mask.shape == (1100, 10, 7, 7)
    np.testing.assert_array_equal(ave.source_mask.any((2, 3)) & (ave.labels[..., -1] == 1), False)
    data = ave.dataset("train", task="weak", background=True, batch_size=758)
    x, y = data[0]
    assert x["audio"].shape == (758, 10, 1024) and x["visual"].shape == (758, 10, 7, 7, 64)
    assert y["video"][700:, 8].all() and not y["video"][:700, 8].any()
    raw = values(shared / "avmini" / "visual_feature.h5")
    np.testing.assert_array_equal(x["visual"][:700], raw[ave.splits["train"]].astype("float32"))
    noisy = values(shared / "avmini" / "audio_feature_noisy.h5")
    np.testing.assert_array_equal(x["audio"][700:], noisy)
