"""`AVE.from_arrays`: the same data set in memory as in a folder."""

import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.data import AVE, Annotation
from ave_keras.data.importing.pipeline import import_features

EVENTS = [("a", "Dog", 0, 2), ("b", "Cat", 0.4, 2.6), ("c", "Dog", "0:01", "0:03"), ("a", "Cat", 2, 3)]


@pytest.fixture
def arrays(rng):
    return {m: rng.normal(size=(4, 3, *s)).astype("float16") for m, s in (("audio", (5,)), ("visual", (2, 2, 6)))}


def test_the_folder_and_the_arrays_are_the_same(tmp_path, arrays):
    ave = AVE.from_arrays(*arrays.values(), EVENTS)
    (tmp_path / "events.csv").write_text(
        "video,class,start,end\n" + "\n".join(f"{v},{c},{start},{end}" for v, c, start, end in EVENTS)
    )
    for m, array in arrays.items():
        np.save(tmp_path / f"{m}.npy", array)
    paths = {m: tmp_path / f"{m}.npy" for m in arrays}
    folder = AVE.from_directory(import_features(tmp_path / "events.csv", tmp_path / "own", **paths).folder)
    assert (
        list(ave.annotations)
        == folder.annotations
        == [
            Annotation("Dog", "a", "good", 0, 2),
            Annotation("Cat", "b", "good", 0, 3),
            Annotation("Dog", "c", "good", 1, 3),
            Annotation("Cat", "a", "good", 2, 3),
        ]
    )
    assert ave.spec == folder.spec and ave.class_names == folder.class_names and ave.title == "own data"
    for name in ("labels", "video_labels"):
        np.testing.assert_array_equal(getattr(ave, name), getattr(folder, name))
    for splits in ("splits", "match_splits"):
        assert {s: list(r) for s, r in getattr(ave, splits).items()} == {
            s: list(r) for s, r in getattr(folder, splits).items()
        }
    (x, y), (x2, y2) = (data.dataset([0, 2, 3])[0] for data in (ave, folder))
    for m in x:
        np.testing.assert_array_equal(x[m], x2[m])
    np.testing.assert_array_equal(y, y2)
    assert ave.fingerprint()["files"].keys() >= {"audio", "visual", "train_order"}


def test_arrays_by_video_and_given_splits(arrays):
    by_id = {v: arrays["audio"][n] for n, v in enumerate("abc")}
    splits = {"train": [3, 0], "val": [1], "test": [2]}
    ave = AVE.from_arrays(by_id, None, EVENTS, splits, class_names=["Cat", "Dog", "Owl"], title="mine")
    np.testing.assert_array_equal(ave.features.main["audio"][0], arrays["audio"][[0, 1, 2, 0]])
    assert (ave.title, ave.num_classes, list(ave.split("train"))) == ("mine", 4, [3, 0])
    assert ave.labels[0].argmax(axis=1).tolist() == [1, 1, 3]


def test_an_event_that_fills_no_second_takes_its_row_along(arrays):
    events = [*EVENTS[:1], ("b", "Cat", 0.9, 1.1), *EVENTS[2:]]
    with pytest.warns(UserWarning, match="event 1: Cat from 0.9 to 1.1 is left out"):
        ave = AVE.from_arrays(*arrays.values(), events, {"train": [0], "val": [1], "test": [2]})
    np.testing.assert_array_equal(ave.features.main["audio"][0], arrays["audio"][[0, 2, 3]])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"audio": None, "visual": None}, r"no features .*expected at least one"),
        (
            {"audio": np.zeros((3, 3, 5))},
            r"wrong number of rows .*expected 4, one per line of the annotations, found 3",
        ),
        ({"audio": np.zeros((4, 2, 5))}, r"numbers of segments differ: .*'audio features': 2, 'visual features': 3"),
        ({"audio": np.zeros((4, 3))}, r"not features .*found an array of shape \(4, 3\)"),
        ({"visual": np.full((4, 3, 5), "x")}, r"not features .*'visual'\): expected numbers .*found <U1 \(3, 5\)"),
        ({"audio": {"a": np.zeros((3, 5))}}, r"no features \(audio features, key 'b'\)"),
        ({"audio": {"a": np.zeros((3, 5)), "b": np.zeros((3, 6)), "c": np.zeros((3, 5))}}, r"shapes differ .*key 'b'"),
        ({"audio": [1, 2]}, r"not features \(audio features\): expected .*found a list"),
        ({"events": []}, r"no event fills"),
        ({"events": ["abcd"] * 4}, r"invalid event \(event 0\): .*found abcd"),
        ({"events": [*EVENTS[:3], ("a", "Cat", 2, 4)]}, r"event ends after the video \(event 3\).*found a: 2 to 4"),
        ({"events": [*EVENTS[:3], ("a", "Cat", 2, 1)]}, r"event outside the clip \(event 3\)"),
        ({"splits": {"train": [0]}}, r"invalid splits .*found \['train'\]"),
        ({"splits": {"train": [0, 1], "val": [1], "test": [2]}}, r"a row in two splits .*found 1"),
        ({"splits": {"train": [0, 4], "val": [1], "test": [2]}}, r"row number out of range.*found 4"),
        ({"class_names": ["Dog"]}, r"unknown class .*found 'Cat'"),
        ({"overlap": 0}, r"invalid overlap"),
    ],
)
def test_bad_arrays(arrays, changed, message):
    with pytest.raises(AVEError, match=message):
        AVE.from_arrays(**{**arrays, "events": EVENTS, **changed})


def test_nan_is_found_as_in_folders(arrays):
    arrays["audio"][1, 0, 0] = np.nan
    ave = AVE.from_arrays(*arrays.values(), EVENTS)
    with pytest.raises(AVEError, match=r"a feature is NaN, infinite or too large \(audio features\)"):
        ave.dataset([0, 1])[0]
    assert ave.check([0, 1]) == [(1, "audio features")]


def test_splits_beside_the_annotations(tmp_path, made):
    """Order files beside `Annotations.txt` count here, too."""
    made.write(tmp_path / "tiny")
    before = AVE.from_directory(tmp_path / "tiny")
    audio = before.features.main["audio"][0]
    ave = AVE.from_arrays(np.asarray(audio), None, tmp_path / "tiny")
    for splits in ("splits", "match_splits"):
        found, expected = getattr(ave, splits), getattr(before, splits)
        assert {s: list(r) for s, r in found.items()} == {s: list(r) for s, r in expected.items()}


def test_given_splits_count_the_events_that_are_left_out(arrays):
    events = [("a", "Dog", 0.1, 0.2), *EVENTS[1:]]
    with pytest.warns(UserWarning, match="event 0: Dog from 0.1 to 0.2 is left out"):
        ave = AVE.from_arrays(*arrays.values(), events, {"train": [0, 1], "val": [2], "test": [3]})
    assert {s: [ave.annotations[r].video_id for r in rows] for s, rows in ave.splits.items()} == {
        "train": ["b"],
        "val": ["c"],
        "test": ["a"],
    }


def test_tensors(arrays):
    torch = pytest.importorskip("torch")
    audio = torch.tensor(arrays["audio"].astype("float32"), requires_grad=True)
    brain = {v: audio[n].bfloat16() for n, v in enumerate("abc")}
    np.testing.assert_array_equal(AVE.from_arrays(audio, None, EVENTS).features.main["audio"][0], arrays["audio"])
    found = AVE.from_arrays(brain, None, EVENTS).features.main["audio"][0]
    np.testing.assert_allclose(found[1], arrays["audio"][1], rtol=2**-7)


def test_maps_with_the_depth_first(arrays):
    with pytest.raises(AVEError, match=r"the depth is not last .*np\.moveaxis\(visual, 2, -1\)"):
        AVE.from_arrays(None, np.moveaxis(arrays["visual"], -1, 2), EVENTS)
