import numpy as np

from ave_keras.data import AVE
from ave_keras.data.statistics import references, statistics


def test_counts(folder):
    found = statistics(AVE.from_directory(folder))
    assert found.videos == found.ids == 40 and found.segments == 10
    assert found.per_class == {f"synthetic {c:02}": 10 for c in range(4)}
    assert sum(found.lengths.values()) == 40 and list(found.lengths) == sorted(found.lengths, reverse=True)
    assert found.full_length == found.lengths[10] / 40
    assert found.background_clips == 3 and found.leaks == {"val": 0, "test": 0} and found.empty_events == []
    assert set(found.splits) == {"train", "val", "test", "train_match", "val_match", "test_match"}


def test_references():
    truth = np.array([[0, 0, 2, 2], [1, 1, 1, 1], [2, 2, 2, 2]])
    # The last video has no event, so that naming its class is wrong throughout.
    assert references(truth, 2) == {"always background": 6 / 12, "true video class": 6 / 12}
