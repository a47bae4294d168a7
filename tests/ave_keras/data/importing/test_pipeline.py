"""Features in every form that people store them in become the same data set."""

import json
import pickle
import re

import h5py
import keras
import numpy as np
import pytest
from filelock import FileLock
from safetensors.numpy import save_file

from ave_keras import AVEError
from ave_keras.data import AVE
from ave_keras.data.importing.pipeline import import_features
from tests.ave_keras.data.conftest import values

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="the same on every backend")
IDS = ["a", "b.c", "d", "e"]
LINES = ["a,Dog,0,2,train", "b.c,Cat,1,3,train", "d,Dog,0,3,val", "e.mp4,Cat,2,2,test", "a,Cat,2,3,train"]
ROWS = [0, 1, 2, 3, 0]


@pytest.fixture
def events(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text("video,class,start,end,split\n" + "\n".join(LINES))
    return path


@pytest.fixture
def arrays(rng):
    """`{modality: (4, T, …)}` of four videos of three seconds."""
    shapes = {"audio": (4, 3, 5), "visual": (4, 3, 2, 2, 6)}
    return {m: rng.normal(size=shape).astype("float16") for m, shape in shapes.items()}


def one(path, array):
    """Writes an array into a file of its own."""
    kind = path.suffix
    if kind == ".npy":
        np.save(path, array)
    elif kind == ".npz":
        np.savez(path, array)
    elif kind == ".pkl":
        path.write_bytes(pickle.dumps(array))
    elif kind == ".safetensors":
        save_file({"features": np.ascontiguousarray(array)}, path)
    else:
        import torch

        torch.save(torch.from_numpy(array), path)


def every(path, arrays):
    """Writes a dict of arrays into one file."""
    kind = path.suffix
    if kind == ".npz":
        np.savez(path, **arrays)
    elif kind == ".safetensors":
        save_file({key: np.ascontiguousarray(array) for key, array in arrays.items()}, path)
    elif kind == ".h5":
        with h5py.File(path, "w") as file:
            for key, array in arrays.items():
                file[key] = array
    elif kind == ".pt":
        import torch

        torch.save({key: torch.from_numpy(array) for key, array in arrays.items()}, path)
    else:
        one(path, arrays)


def folder(path, arrays, kind=".npy"):
    path.mkdir()
    for key, array in arrays.items():
        one(path / f"{key}{kind}", array)
    return path


def by_id(array):
    return dict(zip(IDS, array, strict=True))


def run(tmp_path, events, **options):
    return import_features(events, tmp_path / "own", **options)


def assert_same(made, arrays):
    assert (made.rows, made.segments, made.left_out) == (5, 3, {})
    for m, array in arrays.items():
        found = values(made.folder / f"{m}_feature.h5")
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array[ROWS])


@pytest.mark.parametrize("kind", [".npy", ".npz", ".pt", ".safetensors", ".pkl"])
def test_a_file_per_video(tmp_path, events, arrays, kind):
    folders = {m: folder(tmp_path / m, by_id(array), kind) for m, array in arrays.items()}
    assert_same(run(tmp_path, events, **folders), arrays)


@pytest.mark.parametrize("kind", [".npy", ".npz", ".pt", ".safetensors", ".pkl", ".h5"])
def test_a_dict_of_videos(tmp_path, events, arrays, kind):
    for m, array in arrays.items():
        every(tmp_path / f"{m}{kind}", by_id(array))
    assert_same(run(tmp_path, events, **{m: tmp_path / f"{m}{kind}" for m in arrays}), arrays)


def test_an_array_of_all_videos(tmp_path, events, arrays):
    np.save(tmp_path / "audio.npy", arrays["audio"][ROWS])
    every(tmp_path / "visual.h5", {"features": arrays["visual"][ROWS]})
    assert_same(run(tmp_path, events, audio=tmp_path / "audio.npy", visual=tmp_path / "visual.h5"), arrays)


def test_names_around_the_id(tmp_path, events, arrays):
    mixed = {f"x_{key}_vggish": array for key, array in by_id(arrays["audio"]).items()}
    mixed |= {f"x_{key}_rgb": array for key, array in by_id(arrays["visual"]).items()}
    path = folder(tmp_path / "[mixed]", mixed)
    made = run(tmp_path, events, audio=path / "x_{id}_vggish.npy", visual=path / "x_{id}_rgb.npy")
    assert_same(made, arrays)


def test_frames_are_averaged(tmp_path, events, arrays, rng):
    frames = rng.normal(size=(4, 3 * 16, 2, 2, 6)).astype("float32")
    np.savez(tmp_path / "visual.npz", **by_id(frames))
    folder(tmp_path / "audio", by_id(arrays["audio"]))
    made = run(tmp_path, events, audio=tmp_path / "audio", visual=tmp_path / "visual.npz", visual_rate=16)
    expected = frames.astype("float64").reshape(4, 3, 16, 2, 2, 6).mean(axis=2)[ROWS]
    np.testing.assert_allclose(values(made.folder / "visual_feature.h5"), expected, atol=1e-7)
    assert made.sizes == {"audio": ((5,), "float16"), "visual": ((2, 2, 6), "float32")}


@pytest.mark.parametrize("layout", [None, "channels_first"])
def test_depth_first(tmp_path, events, arrays, layout):
    first = np.ascontiguousarray(np.moveaxis(arrays["visual"], -1, 2))
    folder(tmp_path / "visual", by_id(first))
    made = run(tmp_path, events, visual=tmp_path / "visual", visual_layout=layout)
    np.testing.assert_array_equal(values(made.folder / "visual_feature.h5"), arrays["visual"][ROWS])
    assert not (made.folder / "audio_feature.h5").exists()


def test_unclear_axes(tmp_path, events):
    folder(tmp_path / "visual", by_id(np.zeros((4, 3, 2, 2, 2), "float32")))
    with pytest.raises(AVEError, match=r"the axes of the maps are not clear: found \(2, 2, 2\)\. Say .* layout"):
        run(tmp_path, events, visual=tmp_path / "visual")
    made = run(tmp_path, events, visual=tmp_path / "visual", visual_layout="channels_last")
    assert made.sizes["visual"] == ((2, 2, 2), "float32")


@pytest.mark.filterwarnings("ignore:a split of", "ignore:fewer than three")
def test_cut_and_padded(tmp_path, events):
    """Given T, longer videos are cut; shorter ones repeat their last second on request."""
    lengths = dict(zip(IDS, (3, 5, 4, 4), strict=True))
    folder(tmp_path / "audio", {key: np.full((n, 2), np.arange(n)[:, None], "float64") for key, n in lengths.items()})
    made = run(tmp_path, events, audio=tmp_path / "audio")
    assert made.segments == 4 and list(made.left_out) == ["a", "b.c"]
    assert made.left_out["a"].startswith("a, audio: wrong length: expected 4 s, found 3 s. Give its rows per second")
    cut = import_features(events, tmp_path / "cut", audio=tmp_path / "audio", segments=3)
    np.testing.assert_array_equal(values(cut.folder / "audio_feature.h5")[..., 0], [[0, 1, 2]] * 5)
    padded = import_features(events, tmp_path / "padded", audio=tmp_path / "audio", pad=True)
    np.testing.assert_array_equal(values(padded.folder / "audio_feature.h5")[0, :, 0], [0, 1, 2, 2, 2])
    assert values(padded.folder / "audio_feature.h5").dtype == "float32"


def test_unusable_videos_are_listed_and_the_rest_is_written(tmp_path, arrays):
    shapes = {"one frame": (1, 5), "no depth": (3,), "wide": (3, 6), "nan": (3, 5), "damaged": (3, 5), "good": (3, 5)}
    audio = {key: np.full(shape, 1 if key != "nan" else np.nan, "float32") for key, shape in shapes.items()}
    folder(tmp_path / "audio", audio | {"also good": audio["good"], "CASE": audio["good"]})
    (tmp_path / "audio/damaged.npy").write_bytes((tmp_path / "audio/damaged.npy").read_bytes()[:-9])
    events = tmp_path / "events.csv"
    names = ["nan", *shapes, "case", "missing", "also good"]
    events.write_text("video,class,start,end\n" + "\n".join(f"{name},Dog,0,3" for name in names))
    with pytest.warns(UserWarning, match="fewer than three videos"), pytest.warns(UserWarning, match="overlap"):
        made = run(tmp_path, events, audio=tmp_path / "audio")
    assert made.rows == 2 and values(made.folder / "audio_feature.h5").shape == (2, 3, 5)
    assert (values(made.folder / "audio_feature.h5") == 1).all()
    reasons = {
        "nan": r"nan, audio: NaN, Inf or too large: expected finite float32 values, found 15 others",
        "one frame": "wrong length: expected 3 s, found 1 s",
        "no depth": r"wrong shape: expected \(rows, d\), found \(3,\)",
        "wide": r"the size differs from that of other videos: expected \(5,\), found \(6,\)",
        "damaged": r"unreadable array file .*damaged\.npy",
        "case": r"no features .*key 'case'\): found 8 others.* Rename 'CASE', which differs in case only",
        "missing": r"no features .*key 'missing'",
    }
    assert made.left_out.keys() == reasons.keys()
    for name, reason in reasons.items():
        assert re.search(reason, made.left_out[name]), made.left_out[name]
    assert json.loads((made.folder / "import.json").read_text())["left_out"] == made.left_out
    assert [a.video_id for a in AVE.from_directory(made.folder).annotations] == ["good", "also good"]


def contents(folder):
    return {p.name: values(p, "order" if "order" in p.name else "avadataset") for p in folder.glob("*.h5")}


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_folder_comes_back(tmp_path, made, shuffled):
    """All files of the synthetic AVE, with background clips, masks and splits."""
    made.write(tmp_path / "tiny")
    before = contents(tmp_path / "tiny")
    paths = {m: tmp_path / "tiny" / f"{m}_feature.h5" for m in ("audio", "visual")}
    clips = {f"background_{m}": tmp_path / "tiny" / f"{m}_feature_noisy.h5" for m in ("audio", "visual")}
    if shuffled:
        ids = [a.video_id for a in made.annotations]
        for m, path in paths.items():
            paths[m] = folder(tmp_path / m, dict(zip(ids, values(path), strict=True)))
    done = import_features(tmp_path / "tiny", tmp_path / "own", **paths, **clips, visual_layout="channels_last")
    assert (done.rows, done.clips) == (40, 3)
    after = contents(done.folder)
    assert after.keys() == before.keys()
    for name, array in before.items():
        np.testing.assert_array_equal(after[name], array, err_msg=name)
        assert after[name].dtype == array.dtype


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r"features are missing .*expected at least one"),
        ({"audio": "gone"}, r"features not found .*gone, key '--audio'\): expected a folder of <id>\.npy"),
        ({"audio": "empty"}, r"no features \(.*empty\): expected <id>\.npy, .*found no such file"),
        ({"audio": "empty/{id}.npy"}, r"no features .*found no such file"),
        ({"audio": "list.pkl"}, r"not features .*list\.pkl\): expected .* found a list"),
        ({"audio": "nested.npz"}, r"not features .*found a dict of 1 values, some of type list"),
        ({"audio": "short.npy"}, r"wrong number of rows .*expected 5, one per line of the annotations, found 4"),
        (
            {"audio": "audio", "audio_rate": 2},
            r"no usable video: found 4 such as a\. Its audio: the rate does not divide the rows: .* 2, ",
        ),
        ({"audio": "audio", "audio_rate": 0}, r"invalid rate .*found 0"),
        ({"audio": "audio", "visual_layout": "TCHW"}, r"unknown layout .*found 'TCHW'"),
        ({"audio": "audio", "overlap": 0}, r"invalid overlap .*expected 0 < overlap <= 1, found 0"),
        ({"audio": "audio", "segments": 2}, r"event ends after the video .*events\.csv:3\).*found b\.c: 1 to 3"),
        ({"visual": "audio"}, None),
        ({"visual": "flat"}, r"wrong shape: expected .*height, width, depth\), found \(3, 2, 2\)\. Maps need a depth"),
        ({"audio": "audio", "background_visual": "audio"}, r"features are missing .*background clips in audio"),
        ({"audio": "text.h5"}, r"not an HDF5 file .*text\.h5"),
    ],
)
def test_bad_input(tmp_path, events, arrays, options, message):
    folder(tmp_path / "audio", by_id(arrays["audio"]))
    folder(tmp_path / "flat", by_id(np.zeros((4, 3, 2, 2))))
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.h5").write_text("text")
    one(tmp_path / "list.pkl", [1, 2])
    np.savez(tmp_path / "nested.npz", a=np.array([{"b": 1}, None], object))
    np.save(tmp_path / "short.npy", arrays["audio"])
    paths = {k: tmp_path / v if isinstance(v, str) and k != "visual_layout" else v for k, v in options.items()}
    if message is None:
        assert run(tmp_path, events, **paths).sizes == {"visual": ((5,), "float16")}
        return
    with pytest.raises(AVEError, match=message):
        run(tmp_path, events, **paths)
    assert not (tmp_path / "own").exists()


def test_order_files_beside_a_table_do_not_count(tmp_path, made, rng):
    made.write(tmp_path / "tiny")
    events = tmp_path / "tiny/events.csv"
    events.write_text("video,class,start,end\n" + "\n".join(f"v{n},Dog,0,3" for n in range(9)))
    np.savez(tmp_path / "audio.npz", **{f"v{n}": rng.normal(size=(3, 5)) for n in range(9)})
    found = AVE.from_directory(import_features(events, tmp_path / "own", audio=tmp_path / "audio.npz").folder)
    assert sorted(np.concatenate(list(found.splits.values()))) == list(range(9))


def test_hdf5_as_others_write_it(tmp_path, events, arrays):
    """A group per video, arrays of MATLAB with the axes reversed, and one array of each modality."""
    with h5py.File(tmp_path / "groups.h5", "w") as file:
        for key, array in by_id(arrays["audio"]).items():
            file[f"{key}/feature"] = array
    with h5py.File(tmp_path / "matlab.mat", "w") as file:
        file["visual"] = arrays["visual"][ROWS].T
        file["visual"].attrs["MATLAB_class"] = np.bytes_("single")
    made = run(tmp_path, events, audio=tmp_path / "groups.h5", visual=tmp_path / "matlab.mat")
    assert_same(made, arrays)
    with h5py.File(tmp_path / "both.H5", "w") as file:
        for m, array in arrays.items():
            file[m] = array[ROWS]
    both = import_features(events, tmp_path / "both", **dict.fromkeys(arrays, tmp_path / "both.H5"))
    assert_same(both, arrays)


def test_a_broken_link_is_one_of_one_video(tmp_path, events, arrays):
    every(tmp_path / "other.h5", by_id(arrays["audio"]))
    with h5py.File(tmp_path / "links.h5", "w") as file:
        for key in IDS:
            file[key] = h5py.ExternalLink("gone.h5" if key == "d" else "other.h5", f"/{key}")
    with pytest.warns(UserWarning, match="a split of the annotations is empty"):
        made = run(tmp_path, events, audio=tmp_path / "links.h5")
    assert made.rows == 4 and list(made.left_out) == ["d"] and "broken link" in made.left_out["d"]


def test_names_as_people_write_them(tmp_path, arrays):
    """Upper-case suffixes, media suffixes in the keys, ids with dots, twice the id in a path, composed Unicode."""
    events = tmp_path / "events.csv"
    names = ["clip", "clip.v3", "dog.MP4", "cafe\u0301"]
    events.write_text("video,class,start,end\n" + "\n".join(f"{name},Dog,0,3" for name in names))
    (tmp_path / "twice").mkdir()
    for name, array in zip(("clip", "clip.v3", "dog", "caf\u00e9"), arrays["audio"], strict=True):
        (tmp_path / "twice" / name).mkdir()
        np.save(tmp_path / "twice" / name / f"{name}_a.npy", array)
    made = run(tmp_path, events, audio=tmp_path / "twice/{id}/{id}_a.npy")
    np.testing.assert_array_equal(values(made.folder / "audio_feature.h5"), arrays["audio"])
    every(tmp_path / "keys.pkl", {"clip.wav": arrays["audio"][0], "dog": arrays["audio"][2]})
    with pytest.warns(UserWarning, match="fewer than three videos"):
        made = import_features(events, tmp_path / "keys", audio=tmp_path / "keys.pkl")
    np.testing.assert_array_equal(values(made.folder / "audio_feature.h5"), arrays["audio"][[0, 2]])
    assert list(made.left_out) == ["clip.v3", "cafe\u0301"]
    folder(tmp_path / "upper", {"clip": arrays["audio"][0]})
    (tmp_path / "upper/clip.npy").rename(tmp_path / "upper/clip.NPY")
    with pytest.warns(UserWarning, match="fewer than three videos"):
        assert import_features(events, tmp_path / "u", audio=tmp_path / "upper").rows == 1


def test_what_a_killed_process_has_left_is_removed(tmp_path, events, arrays):
    folder(tmp_path / "audio", by_id(arrays["audio"]))
    (tmp_path / "own").mkdir()
    (tmp_path / "own/visual_feature.h5.partial").write_bytes(b"left")
    made = run(tmp_path, events, audio=tmp_path / "audio")
    assert not list(made.folder.glob("*.partial")) and not (made.folder / ".writing.lock").exists()
    assert "visual_feature.h5" not in json.loads((made.folder / "import.json").read_text())["files"]
    with FileLock(made.folder / ".writing.lock"), pytest.raises(AVEError, match="another process writes this folder"):
        run(tmp_path, events, audio=tmp_path / "audio", force=True)
    assert AVE.from_directory(made.folder).spec["audio_dim"] == 5


def test_a_typo_in_a_class_is_found(tmp_path, arrays):
    lines = [*(f"Church bell&v{n}&good&0&3" for n in range(12)), "Chruch bell&v12&good&0&3"]
    (tmp_path / "Annotations.txt").write_text("\n".join(lines))
    with pytest.raises(AVEError, match=r"unknown class .*Annotations\.txt:13\): expected 'Church bell'"):
        run(tmp_path, tmp_path / "Annotations.txt", audio=tmp_path / "none")
