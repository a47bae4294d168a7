"""Published annotations in small: files of the same form as those that the authors published."""

import io
import json
import pickle
import zipfile

import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.data import AVE
from ave_keras.data.converting.pipeline import convert
from ave_keras.data.events.listing import read_listing
from ave_keras.data.importing.pipeline import import_features

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="the same on every backend")
LABELS = {
    "v1": [0, 1, 1, 0, 0, 1, 1, 1, 0, 0],
    "v2": [1] * 10,
    "v3": [0] * 10,
    "v4": [0, 0, 1, 1, 1, 0, 0, 0, 0, 0],
}
LLP_HEADER = "filename\tonset\toffset\tevent_labels"
CATEGORIES = ["dog barking", "playing, the flute", "unused"]


def assert_labels(ave, expected):
    """`expected` is `{(video, class): seconds}`."""
    found = {
        (a.video_id, a.class_name): "".join(map(str, row.astype(int)))
        for a, row in zip(ave.annotations, ave.labels[..., :-1].max(axis=2), strict=True)
    }
    assert found == expected
    np.testing.assert_array_equal(ave.labels.sum(axis=2), 1)


@pytest.fixture
def avel100k(tmp_path):
    folder = tmp_path / "avel"
    (folder / "labels").mkdir(parents=True)
    lines = ["video_id,category,split"]
    for n, (video, label) in enumerate(LABELS.items()):
        name = CATEGORIES[n % 2]
        lines.append(f'{video},"{name}",{("train", "train", "val", "test")[n]}')
        with zipfile.ZipFile(folder / "labels" / f"{video}.zip", "w") as archive:
            archive.writestr(f"{video}.pkl", pickle.dumps(np.array([label])))
    (folder / "vggsound-avel100k.csv").write_text("\n".join(lines))
    (folder / "VggsoundAVEL100kCategories.txt").write_text("\n".join(CATEGORIES))
    return folder


@pytest.mark.parametrize("form", ["zip", "json"])
def test_avel100k(tmp_path, avel100k, form):
    if form == "json":
        for path in (avel100k / "labels").iterdir():
            path.unlink()
        annos = {video: {"label": label} for video, label in LABELS.items()}
        (avel100k / "vggsound-avel100k_annos.json").write_text(json.dumps(annos))
    made = convert("avel100k", avel100k, tmp_path / "own")
    assert (made.title, made.rows, made.videos, made.segments, made.pauses) == ("VGGSound-AVEL100k", 4, 4, 10, 1)
    ave = AVE.from_directory(made.folder)
    assert ave.title == "VGGSound-AVEL100k" and ave.class_names == tuple(CATEGORIES[:2])
    names = [CATEGORIES[n % 2] for n in range(4)]
    assert_labels(ave, {(v, c): "".join(map(str, x)) for (v, x), c in zip(LABELS.items(), names, strict=True)})
    assert {s: list(rows) for s, rows in ave.splits.items()} == {"train": [0, 1], "val": [2], "test": [3]}
    assert {s: list(rows) for s, rows in ave.match_splits.items()} == {"train": [1], "test": [3]}


def test_pauses_stay_when_features_are_imported(tmp_path, avel100k):
    convert("avel100k", avel100k, tmp_path / "labels")
    np.savez(tmp_path / "audio.npz", **{video: np.zeros((12, 4)) for video in LABELS})
    import_features(tmp_path / "labels", tmp_path / "own", audio=tmp_path / "audio.npz", segments=12)
    ave = AVE.from_directory(tmp_path / "own")
    assert ave.labels.shape == (4, 12, 3)
    before = AVE.from_directory(tmp_path / "labels")
    np.testing.assert_array_equal(ave.labels[:, :10], before.labels)
    assert (ave.labels[:, 10:].argmax(axis=2) == 2).all()
    assert read_listing(tmp_path / "own").active.sum() == before.labels[..., :2].sum()


@pytest.fixture
def llp(tmp_path):
    folder = tmp_path / "llp"
    folder.mkdir()
    heard = ["x_0_10\t0\t4\tSpeech", "x_0_10\t6\t10\tSpeech", "x_0_10\t0\t10\tDog", "y_3_13\t2\t2\tCat"]
    seen = ["x_0_10\t2\t8\tSpeech", "y_3_13\t0\t10\tCat", "w_0_10\t0\t10\tDog"]
    both = ["z_0_10\t3\t9\tCar", "q_0_10\t0\t1\tDog", "p_0_10\t0\t10\tDog"]
    for name, lines in (("audio", heard), ("visual", seen)):
        (folder / f"AVVP_eval_{name}.csv").write_text("\n".join([LLP_HEADER, *lines, *both]))
    for name, videos in (("val", "z w q r p"), ("test", "x y")):
        lines = [f"{video}_{'3_13' if video == 'y' else '0_10'}\tSpeech,Dog" for video in videos.split()]
        (folder / f"AVVP_{name}_pd.csv").write_text("\n".join(["filename\tevent_labels", *lines]))
    return folder


def test_llp(tmp_path, llp):
    """Events are seconds that are both heard and seen; x has a pause, y and w have no such second."""
    made = convert("llp", llp, tmp_path / "own")
    ave = AVE.from_directory(made.folder)
    assert_labels(
        ave,
        {
            ("z_0_10", "Car"): "0001111110",
            ("q_0_10", "Dog"): "1000000000",
            ("p_0_10", "Dog"): "1111111111",
            ("x_0_10", "Speech"): "0011001100",
        },
    )
    assert made.left_out == ["videos without an event that is both heard and seen: 3, such as w_0_10"]
    assert list(ave.splits["test"]) == [3] and sorted([*ave.splits["train"], *ave.splits["val"]]) == [0, 1, 2]
    assert len(ave.splits["val"]) == 1


@pytest.fixture
def unav100(tmp_path):
    def video(subset, duration, *events):
        named = [{"segment": [s, e], "label": f"class {n}", "label_id": n} for s, e, n in events]
        return {"duration": duration, "subset": subset, "annotations": named}

    database = {
        "a": video("train", 12.3, (0.4, 2.6, 3), (5.5, 7.4, 3), (1.6, 4, 0)),
        "b": video("validation", 5, (0, 5, 0)),
        "c": video("test", 9.9, (8.8, 9.9, 2), (0.1, 0.3, 1)),
    }
    (tmp_path / "unav").mkdir()
    (tmp_path / "unav/unav100_annotations.json").write_text(json.dumps({"version": "unav100", "database": database}))
    return tmp_path / "unav"


def test_unav100(tmp_path, unav100):
    made = convert("unav100", unav100, tmp_path / "own")
    ave = AVE.from_directory(made.folder)
    assert (made.segments, made.pauses, ave.class_names) == (13, 1, ("class 0", "class 2", "class 3"))
    rows = {
        ("a", "class 3"): "1110011000000",
        ("a", "class 0"): "0011000000000",
        ("b", "class 0"): "1111100000000",
        ("c", "class 2"): "0000000001000",
    }
    assert_labels(ave, rows)
    assert made.left_out == ["events that fill no second before 13 s: 1"]
    with pytest.warns(UserWarning, match="a split of"), pytest.warns(UserWarning, match="fewer than three"):
        short = convert("unav100", unav100 / "unav100_annotations.json", tmp_path / "short", segments=9)
    assert short.rows == 3 and short.left_out == ["events that fill no second before 9 s: 2"]


@pytest.mark.filterwarnings("ignore:a split of", "ignore:fewer than three")
def test_bad_labels_are_listed(tmp_path, avel100k):
    (avel100k / "labels/v2.zip").unlink()
    (avel100k / "labels/v3.zip").write_bytes(b"PK")
    with (avel100k / "vggsound-avel100k.csv").open("a") as file:
        file.write('\nv5,"dog barking",train')
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("v5.pkl", pickle.dumps(np.full((1, 10), 2)))
    (avel100k / "labels/v5.zip").write_bytes(buffer.getvalue())
    made = convert("avel100k", avel100k, tmp_path / "own")
    assert made.rows == 2
    for reason, text in zip(made.left_out, ("file not found", "unreadable zip file", "not a label"), strict=True):
        assert text in reason


@pytest.mark.parametrize(
    ("form", "name", "text", "message"),
    [
        ("ave", None, None, r"unknown data set .*expected one of .*avel100k.*found 'ave'"),
        ("avel100k", "vggsound-avel100k.csv", None, r"not the folder of VGGSound-AVEL100k .*found no \.csv file"),
        ("avel100k", "vggsound-avel100k.csv", "video_id,split\n", r"a column is missing .*found no category"),
        ("avel100k", "vggsound-avel100k.csv", "video_id,category,split\nv1,,train\n", r"incomplete line .*csv:2"),
        ("avel100k", "vggsound-avel100k.csv", "video_id,category,split\nv1,owl,train\n", r"unknown category .*owl"),
        ("avel100k", "vggsound-avel100k.csv", "video_id,category,split\nv1,unused,dev\n", r"unknown split .*'dev'"),
        ("llp", "AVVP_eval_visual.csv", None, r"file not found .*AVVP_eval_visual\.csv"),
        ("llp", "AVVP_eval_audio.csv", "filename,onset\n", r"a column is missing .*found no filename"),
        (
            "llp",
            "AVVP_eval_audio.csv",
            f"{LLP_HEADER}\nx\t1\t11\tDog",
            r"event outside .*csv:2",
        ),
        ("llp", "AVVP_eval_audio.csv", f"{LLP_HEADER}\nx\t1\tb\tDog", r"invalid event time"),
        ("unav100", "unav100_annotations.json", "{", r"not a JSON file"),
        ("unav100", "unav100_annotations.json", "[]", r"not the annotations of UnAV-100"),
        ("unav100", "unav100_annotations.json", '{"database": {}}', r"no events"),
        ("unav100", "unav100_annotations.json", '{"database": {"a": {"subset": "train"}}}', r"invalid video .*key 'a'"),
    ],
)
def test_bad_files(tmp_path, avel100k, llp, unav100, form, name, text, message):
    source = {"avel100k": avel100k, "llp": llp, "unav100": unav100}.get(form, tmp_path)
    if name and text is None:
        (source / name).unlink()
    elif name:
        (source / name).write_text(text)
    with pytest.raises(AVEError, match=message):
        convert(form, source, tmp_path / "own")
    assert not (tmp_path / "own").exists()
