import numpy as np

from ave_keras.data.annotations import Annotation
from ave_keras.features.extraction.splits import make_splits, match_splits


def rows(counts, per_video=1):
    return [
        Annotation(f"class {c}", f"video {c}-{n}", "good", 0, 3)
        for c, count in enumerate(counts)
        for n in range(count)
        for _ in range(per_video)
    ]


def test_sizes_and_classes():
    annotations = rows([40, 30, 20, 10])
    splits = make_splits(annotations)
    assert {s: len(r) for s, r in splits.items()} == {"train": 80, "val": 10, "test": 10}
    assert sorted(np.concatenate(list(splits.values()))) == list(range(100))
    classes = np.repeat(range(4), [40, 30, 20, 10])
    for split in ("val", "test"):
        assert (np.bincount(classes[splits[split]], minlength=4) >= 1).all()


def test_the_order_of_the_rows_does_not_matter():
    annotations = rows([12, 9])
    reversed_rows = annotations[::-1]
    for s, chosen in make_splits(annotations).items():
        again = make_splits(reversed_rows)[s]
        assert {annotations[r].video_id for r in chosen} == {reversed_rows[r].video_id for r in again}


def test_rows_of_one_video_stay_together():
    annotations = rows([10, 10], per_video=3)
    for chosen in make_splits(annotations).values():
        ids = [annotations[r].video_id for r in chosen]
        assert all(ids.count(video_id) == 3 for video_id in ids)


def test_few_videos():
    assert all(len(r) == 1 for r in make_splits(rows([1, 1, 1])).values())
    assert all(list(r) == [0, 1] for r in make_splits(rows([2])).values())
    splits = make_splits(rows([2, 2]))
    assert sorted(map(len, splits.values())) == [1, 1, 2]


def test_match_splits_drop_events_as_long_as_the_video():
    annotations = [Annotation("a", str(n), "good", 0, end) for n, end in enumerate([0, 3, 5, 0, 3, 5])]
    found = match_splits(annotations, {"train": np.arange(3), "val": np.arange(3, 6), "test": np.array([5])}, 5)
    assert {s: list(r) for s, r in found.items()} == {"train": [1, 2], "val": [4]}
