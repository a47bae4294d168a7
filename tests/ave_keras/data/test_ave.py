import numpy as np
import pytest

from ave_keras.data import AVE
from ave_keras.errors import AVEError
from tests.ave_keras.data.conftest import replace, values


def test_reads_a_folder(folder, made):
    ave = AVE.from_directory(folder)
    assert ave.spec == {"num_classes": 5, "segments": 10, "audio_dim": 6, "visual_shape": (3, 2, 4)}
    assert ave.title == "synthetic AVE" and not ave.is_reference
    assert ave.labels.shape == (40, 10, 5) and ave.video_labels.shape == (40, 5)
    assert ave.background_rows.tolist() == [40, 41, 42]
    assert isinstance(ave.source_mask, np.memmap)
    assert ave.bad_rows.size == 0


def test_labels_are_rebuilt(folder):
    whole = AVE.from_directory(folder)
    for name in ("labels.h5", "mil_labels.h5", "labels_noisy.h5"):
        (folder / name).unlink()
    rebuilt = AVE.from_directory(folder)
    for rows in (slice(None),), ([0, 41],):
        np.testing.assert_array_equal(whole.all_labels[0][rows], rebuilt.all_labels[0][rows])
        np.testing.assert_array_equal(whole.all_labels[1][rows], rebuilt.all_labels[1][rows])


def test_released_labels_are_used(folder):
    labels = values(folder / "labels.h5")
    labels[3] = np.eye(5)[4]
    labels[3, 2] = np.eye(5)[1]
    replace(folder / "labels.h5", "avadataset", labels)
    with pytest.warns(UserWarning, match=r"labels\.h5 disagrees with Annotations\.txt in 1 rows, starting with 3"):
        ave = AVE.from_directory(folder)
    np.testing.assert_array_equal(ave.labels, labels)


def test_title_without_marker_is_the_folders_name(folder):
    (folder / "dataset.yaml").unlink()
    assert AVE.from_directory(folder).title == "tiny"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: [", r"cannot read .*dataset\.yaml\): found line 1: expected the node"),
        ("title: a\ntitle: b", r"found line 2: the key 'title' stands in line 1, too\. Fix or remove it"),
        ("just text", r"not a mapping .*dataset\.yaml"),
    ],
)
def test_bad_marker(folder, text, message):
    (folder / "dataset.yaml").write_text(text)
    with pytest.raises(AVEError, match=message):
        AVE.from_directory(folder)


@pytest.mark.parametrize(
    ("text", "key"),
    [("class_names: 3", "class_names"), ("class_names: [a, a]", "class_names"), ("title: {a: 1}", "title")],
)
def test_a_marker_that_says_what_cannot_be(folder, text, key):
    (folder / "dataset.yaml").write_text(text)
    with pytest.raises(AVEError, match=rf"dataset\.yaml, key '{key}'"):
        AVE.from_directory(folder)


def test_a_class_that_one_letter_makes(folder):
    """Where the folder does not list its classes."""
    (folder / "dataset.yaml").unlink()
    for file in ("labels.h5", "mil_labels.h5", "labels_noisy.h5"):
        (folder / file).unlink()
    lines = (folder / "Annotations.txt").read_text().splitlines()
    AVE.from_directory(folder)
    lines[5] = lines[5].replace("synthetic", "sinthetic")
    (folder / "Annotations.txt").write_text("\n".join(lines))
    with pytest.raises(AVEError, match=r"unknown class .*Annotations\.txt:6"):
        AVE.from_directory(folder)


@pytest.mark.parametrize("name", ["labels.h5", "mil_labels.h5", "labels_noisy.h5"])
def test_labels_that_are_no_numbers(folder, name):
    labels = values(folder / name)
    labels[2, ..., 1] = np.nan
    replace(folder / name, "avadataset", labels)
    with pytest.raises(AVEError, match=rf"NaN or Inf in a label .*{name}, key 'avadataset'.*row 2"):
        AVE.from_directory(folder)


def test_pooled_visual_vectors(folder):
    cells = values(folder / "visual_feature.h5")
    replace(folder / "visual_feature.h5", "avadataset", cells.mean((2, 3)))
    (folder / "visual_feature_noisy.h5").unlink()
    ave = AVE.from_directory(folder)
    assert ave.spec["visual_shape"] == (4,)
    assert ave.dataset("val", modalities=("visual",))[0][0]["visual"].shape[1:] == (10, 4)


def test_one_modality_is_enough(folder):
    (folder / "visual_feature.h5").unlink()
    ave = AVE.from_directory(folder)
    assert "visual_shape" not in ave.spec
    assert list(ave.dataset("train", modalities=("audio",))[0][0]) == ["audio"]
    with pytest.raises(AVEError, match=r"file not found .*visual_feature\.h5"):
        ave.dataset("train")


def test_the_other_name_of_background_features(folder):
    (folder / "visual_feature_noisy.h5").rename(folder / "video_feature_noisy.h5")
    assert len(AVE.from_directory(folder).dataset([0], background=True).rows) == 4


def test_background_clips_missing(folder):
    (folder / "visual_feature_noisy.h5").unlink()
    ave = AVE.from_directory(folder)
    with pytest.raises(AVEError, match=r"visual_feature_noisy\.h5"):
        ave.dataset("train", background=True)
    (folder / "audio_feature_noisy.h5").unlink()
    with pytest.raises(AVEError, match="no background clips"):
        AVE.from_directory(folder).dataset("train", modalities=("audio",), background=True)


@pytest.mark.parametrize("name", ["Annotations.txt", "train_order.h5", "val_order.h5", "test_order.h5"])
def test_missing_file(folder, name):
    (folder / name).unlink()
    with pytest.raises(AVEError, match=f"file not found .*{name}"):
        AVE.from_directory(folder)


def test_missing_folder(tmp_path):
    with pytest.raises(AVEError, match=r"folder not found .*nowhere\): expected .* found nothing\. The README"):
        AVE.from_directory(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("audio_feature.h5", lambda a: a[:-1], r"audio_feature\.h5.*expected \(40, any, any\), found \(39, 10, 6\)"),
        ("audio_feature.h5", lambda a: a[:, 0], r"wrong shape .*audio_feature\.h5"),
        ("visual_feature.h5", lambda a: a[..., 0], r"wrong shape .*visual_feature\.h5"),
        (
            "visual_feature.h5",
            lambda a: a[:, :9],
            r"differ in shape .*visual_feature_noisy\.h5.*visual_feature\.h5 has rows of shape \(9, .*found .* \(10, ",
        ),
        (
            "audio_feature_noisy.h5",
            lambda a: a[..., :5],
            r"differ in shape .*audio_feature\.h5 has rows of shape \(10, 6\), found rows of shape \(10, 5\)",
        ),
        ("audio_feature_noisy.h5", lambda a: a[:2], r"numbers of background clips differ"),
        ("labels.h5", lambda a: a[..., 1:], r"wrong shape .*labels\.h5.*expected \(40, 10, 5\), found \(40, 10, 4\)"),
        ("mil_labels.h5", lambda a: a[1:], r"wrong shape .*mil_labels\.h5"),
        ("labels_noisy.h5", lambda a: a[1:], r"wrong shape .*labels_noisy\.h5"),
        ("source_mask.h5", lambda a: a[1:], r"wrong shape .*source_mask\.h5"),
    ],
)
def test_shapes_that_contradict_the_annotations(folder, name, change, message):
    replace(folder / name, "avadataset", change(values(folder / name)))
    with pytest.raises(AVEError, match=message):
        AVE.from_directory(folder)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (np.array([0, 40]), r"row number out of range .*val_order\.h5, key 'order'\): expected 0 to 39.*found 40"),
        (np.array([-1, 50, 60]), r"found -1 and 2 more"),
        (np.zeros(0, int), r"empty split .*val_order\.h5, key 'order'"),
        (np.array([0.5]), r"wrong number type .*val_order\.h5"),
        (np.array([[1]]), r"wrong shape .*val_order\.h5"),
    ],
)
def test_bad_splits(folder, order, message):
    replace(folder / "val_order.h5", "order", order)
    with pytest.raises(AVEError, match=message):
        AVE.from_directory(folder)


def test_modalities_of_different_lengths(folder):
    (folder / "visual_feature_noisy.h5").unlink()
    replace(folder / "visual_feature.h5", "avadataset", values(folder / "visual_feature.h5")[:, :9])
    with pytest.raises(AVEError, match=r"numbers of segments differ.*audio_feature\.h5': 10, .*visual_feature\.h5': 9"):
        AVE.from_directory(folder)


def test_segments_and_classes_can_be_given(folder):
    with pytest.raises(AVEError, match="wrong number of segments"):
        AVE.from_directory(folder, segments=12)
    with pytest.raises(AVEError, match=r"unknown class .*Annotations\.txt:1\)"):
        AVE.from_directory(folder, class_names=["Bark"])
    names = [f"synthetic {c:02}" for c in (3, 2, 1, 0, 7)]
    with pytest.warns(UserWarning):
        (folder / "labels.h5").unlink()
        (folder / "labels_noisy.h5").unlink()
        replace(folder / "mil_labels.h5", "avadataset", np.zeros((40, 6)))
        ave = AVE.from_directory(folder, class_names=names)
    assert ave.num_classes == 6 and ave.labels[0, ave.annotations[0].start].argmax() == 3


def test_wrong_arguments_of_dataset(folder):
    ave = AVE.from_directory(folder)
    for arguments, message in [
        (("tset",), r"unknown split .*expected one of \['train', 'val', 'test', 'train_match'.*found 'tset'"),
        (([],), "empty split"),
        (([43],), r"row number out of range .*expected 0 to 42, found 43"),
        (([-1],), "row number out of range"),
        (([0.5],), "invalid row numbers"),
    ]:
        with pytest.raises(AVEError, match=message):
            ave.dataset(*arguments)
    for options, message in [
        ({"modalities": ("sound",)}, "unknown modality"),
        ({"task": "strong"}, "unknown task"),
        ({"batch_size": 0}, "batch_size"),
    ]:
        with pytest.raises(AVEError, match=message):
            ave.dataset("train", **options)


def spoil(folder, name, row, value=np.nan):
    array = values(folder / name)
    array[row, 2] = value
    replace(folder / name, "avadataset", array)


def test_bad_rows_are_dropped_on_request(folder):
    whole = AVE.from_directory(folder)
    row, other = whole.splits["train"][1], whole.splits["test"][0]
    spoil(folder, "visual_feature.h5", row)
    spoil(folder, "audio_feature.h5", other, np.inf)
    spoil(folder, "audio_feature_noisy.h5", 1)
    with pytest.warns(UserWarning, match=rf"3 rows dropped .*row {other} of audio_feature\.h5, row 1 of audio_"):
        ave = AVE.from_directory(folder, skip_bad=True)
    assert ave.bad_rows.tolist() == sorted([row, other, 41])
    assert row not in ave.splits["train"] and len(ave.splits["train"]) == len(whole.splits["train"]) - 1
    assert not any(np.isin(rows, ave.bad_rows).any() for rows in ave.match_splits.values())
    assert ave.background_rows.tolist() == [40, 42]
    for split in ave.splits:
        list(ave.dataset(split, background=True))


def test_a_split_may_lose_all_its_rows(folder):
    val = AVE.from_directory(folder).splits["val"]
    spoil(folder, "audio_feature.h5", val)
    with pytest.warns(UserWarning, match="rows dropped"):
        ave = AVE.from_directory(folder, skip_bad=True)
    with pytest.raises(AVEError, match=r"empty split .*key 'val'.*found NaN or Inf in all rows"):
        ave.dataset("val")


def test_check_names_row_and_file(folder):
    spoil(folder, "visual_feature.h5", 7)
    spoil(folder, "audio_feature_noisy.h5", 2)
    ave = AVE.from_directory(folder)
    assert ave.check(range(43)) == [
        (7, str(folder / "visual_feature.h5")),
        (42, str(folder / "audio_feature_noisy.h5")),
    ]
    assert ave.check([0, 7], ["audio"]) == []


def test_fingerprint_follows_the_content(folder, monkeypatch):
    first = AVE.from_directory(folder).fingerprint()
    assert set(first["files"]) >= {"Annotations.txt", "audio_feature.h5", "dataset.yaml"}
    # The second time sums come from the memo.
    monkeypatch.setattr("hashlib.file_digest", None)
    assert AVE.from_directory(folder).fingerprint() == first
    monkeypatch.undo()
    spoil(folder, "audio_feature.h5", 0, 1)
    assert AVE.from_directory(folder).fingerprint()["sha256"] != first["sha256"]


def test_fingerprint_without_a_cache(folder, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert len(AVE.from_directory(folder).fingerprint()["sha256"]) == 64


def test_duplicates_and_leaks(folder):
    lines = (folder / "Annotations.txt").read_text().splitlines()
    ave = AVE.from_directory(folder)
    train, test = ave.splits["train"][3], ave.splits["test"][1]
    lines[test] = lines[test].replace(f"{test:05}", f"{train:05}")
    (folder / "Annotations.txt").write_text("\n".join(lines))
    ave = AVE.from_directory(folder)
    assert {k: v.tolist() for k, v in ave.duplicates.items()} == {f"synthetic{train:05}": sorted([train, test])}
    assert ave.leaks["test"].tolist() == [test] and not ave.leaks["val"].size
