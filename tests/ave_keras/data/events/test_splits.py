import h5py
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.data import AVE
from ave_keras.data.annotations import HEADER, Annotation, format_annotations, read_annotations
from ave_keras.data.events.listing import read_listing
from ave_keras.data.events.splits import make_splits, match_splits, rows_of
from ave_keras.data.importing.pipeline import import_features
from ave_keras.data.layout import SPLITS, read_split


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


def write_dataset(folder, annotations, splits):
    """The text files of the `AVE_Dataset` archive."""
    (folder / "Annotations.txt").write_text(f"{HEADER}\n{format_annotations(annotations)}", encoding="utf-8")
    for split, numbers in splits.items():
        text = format_annotations([annotations[n] for n in numbers])
        (folder / f"{split}Set.txt").write_text(f"{HEADER}\n{text}" if split == "val" else text, encoding="utf-8")


def test_released_annotations_give_the_released_splits(shared, tmp_path):
    """Some of the 4143 rows are equal, so that rows are compared by their annotations."""
    annotations = read_annotations(shared / "ave/Annotations.txt")
    released = {split: read_split(shared / "ave", split, len(annotations)) for split in SPLITS}
    write_dataset(tmp_path, annotations, released)
    listing = read_listing(tmp_path / "Annotations.txt")
    assert listing.annotations == annotations
    for split, rows in rows_of(listing.splits).items():
        assert sorted(annotations[n] for n in rows) == sorted(annotations[n] for n in released[split])


def test_split_files(tmp_path):
    annotations = [*rows([3, 2]), rows([1])[0]]
    write_dataset(tmp_path, annotations, {"train": [0, 1], "val": [2, 5], "test": [3]})
    with pytest.warns(UserWarning, match="annotations in no split: 1. First, class 1 video 1-1"):
        assert read_listing(tmp_path / "Annotations.txt").splits == ["train", "train", "val", "test", "", "val"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("class 0&video 0-0&good&0&3", r"testSet\.txt:2\): .* found 'class 0&.*', used by trainSet\.txt:1\. Use the"),
        (
            "class 0&video 9-9&good&0&3",
            r"testSet\.txt:2\): expected a line of the ann.* found 'class 0&video 9",
        ),
        ("class 0&video 0-0&good&0", r"testSet\.txt:2\): expected five fields"),
    ],
)
def test_invalid_split_files(tmp_path, line, message):
    write_dataset(tmp_path, rows([3]), {"train": [0], "val": [1], "test": [2]})
    with (tmp_path / "testSet.txt").open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(AVEError, match=message):
        read_listing(tmp_path / "Annotations.txt")
    (tmp_path / "testSet.txt").unlink()
    with pytest.raises(AVEError, match=r"file not found .*testSet\.txt"):
        read_listing(tmp_path / "Annotations.txt")


def test_released_labels_come_from_the_downloaded_annotations(shared, tmp_path):
    """All annotations with a header, and made-up features: the labels are those of `labels_closs.h5`, row by row."""
    annotations = read_annotations(shared / "ave/Annotations.txt")
    released = {split: read_split(shared / "ave", split, len(annotations)) for split in SPLITS}
    write_dataset(tmp_path, annotations, released)
    features = np.repeat(np.arange(len(annotations), dtype="float32"), 20).reshape(-1, 10, 2)
    np.save(tmp_path / "audio.npy", features)
    made = import_features(tmp_path / "Annotations.txt", tmp_path / "own", audio=tmp_path / "audio.npy")
    ave = AVE.from_directory(made.folder)
    assert ave.title == "AVE" and made.rows == 4143
    # labels_closs.h5 is 0 at background and 1 inside the event.
    with h5py.File(shared / "ave/labels_closs.h5") as file:
        closs = np.array(file["avadataset"])
    np.testing.assert_array_equal(ave.labels[..., :-1].max(axis=2), closs)
    for split, rows in ave.splits.items():
        assert sorted(annotations[n] for n in rows) == sorted(annotations[n] for n in released[split])
