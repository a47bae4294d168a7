import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.data import AVE
from ave_keras.data.storage.writing import write_array
from tests.ave_keras.features import films, tiny

pytest.importorskip("av")

from ave_keras.features.encoders.encoding import encode
from ave_keras.features.extraction.pipeline import extract

ROOT = Path(__file__).parents[4]
ENCODERS = {"audio": (tiny.AUDIO, {}), "visual": (tiny.VISUAL, {"gain": 2.0})}
pytestmark = [
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the same on every backend"),
    pytest.mark.filterwarnings("ignore:.*pairs of events that overlap"),
]


@pytest.fixture(autouse=True)
def private_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def clips(tmp_path):
    """Five films of three seconds, one with a non-ASCII name, and their events."""
    folder, lines = tmp_path / "clips", ["video,class,start,end"]
    folder.mkdir()
    for n, name in enumerate(("a", "b", "c", "d", "é f 猫")):
        tone = films.tone(3, frequency=200.0 + 50 * n)
        films.write_film(folder / f"{name}.mp4", np.arange(n, 60) / 20 - n / 20, sound=tone[None])
        lines.append(f"{name},{('Dog', 'Cat')[n % 2]},{n % 3},3")
    lines.append("a,Cat,0,1")
    (tmp_path / "events.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_the_official_layout(tmp_path, clips):
    made = extract([clips], tmp_path / "events.csv", tmp_path / "own", **ENCODERS)
    assert (made.rows, made.segments, made.computed, made.failures) == (6, 3, 5, {})
    ave = AVE.from_directory(made.folder)
    assert ave.title == "own" and ave.class_names == ("Dog", "Cat")
    assert ave.spec == {"num_classes": 3, "segments": 3, "audio_dim": 4, "visual_shape": (2, 2, 3)}
    assert ave.labels.argmax(axis=2).tolist()[1:3] == [[2, 1, 1], [2, 2, 0]]
    found = encode(clips / "é f 猫.mp4", tiny.Sound(), tiny.Picture(2.0))
    for key, value in found.items():
        np.testing.assert_array_equal(ave.features.rows(key).gather(np.array([4]))[0], value)
        np.testing.assert_array_equal(*ave.features.rows(key).gather(np.array([0, 5])))
    assert sum(map(len, ave.splits.values())) == 6 and not len(ave.leaks["test"])
    assert not (made.folder / ".extract").exists()


def test_a_downloaded_data_set(tmp_path, clips):
    """The archive `AVE_Dataset`: videos in `AVE`, annotations with a header, splits as text; one video is missing."""
    folder = tmp_path / "AVE_Dataset"
    folder.mkdir()
    clips.rename(folder / "AVE")
    lines = [f"{('Dog', 'Cat')[n % 2]}&{name}&good&{n % 3}&3" for n, name in enumerate((*"abcd", "gone", "é f 猫"))]
    header = "Category&VideoID&Quality&StartTime&EndTime"
    (folder / "Annotations.txt").write_text("\r\n".join([header, *lines]), encoding="utf-8-sig", newline="")
    for split, chosen in {"train": [5, 4, 0], "val": [1], "test": [3, 2]}.items():
        (folder / f"{split}Set.txt").write_text("\n".join(lines[n] for n in chosen), encoding="utf-8")
    made = extract([folder], None, tmp_path / "own", **ENCODERS)
    assert (made.rows, made.computed, made.unused, made.failures) == (5, 5, ["gone"], {})
    assert json.loads((made.folder / "extraction.json").read_text(encoding="utf-8"))["missing"] == ["gone"]
    splits = AVE.from_directory(made.folder).splits
    assert {split: list(numbers) for split, numbers in splits.items()} == {"train": [0, 4], "val": [1], "test": [2, 3]}


@pytest.mark.filterwarnings("ignore:a split of the annotations is empty")
def test_real_annotations_and_clips(shared, tmp_path):
    """All annotations of AVE with a header, and three of its videos: one call, the other videos are listed."""
    folder = tmp_path / "AVE_Dataset"
    shutil.copytree(shared / "clips", folder / "AVE", ignore=shutil.ignore_patterns("*.md"))
    lines = (shared / "ave/Annotations.txt").read_text(encoding="utf-8")
    header = "Category&VideoID&Quality&StartTime&EndTime"
    (folder / "Annotations.txt").write_text(f"{header}\n{lines}", encoding="utf-8")
    made = extract([folder], None, tmp_path / "own", **ENCODERS)
    events = [(a.video_id, a.start, a.end) for a in AVE.from_directory(made.folder).annotations]
    assert sorted(events) == [("0lFf-HP86Q0", 5, 10), ("16eUxQwxxbs", 0, 10), ("22olCB3wQaA", 5, 10)]
    assert len(made.unused) == 4097 - 3 and [path.stem for path in made.failures] == [
        "BjCEufrlXm4",
        "v_GGSY1Qvo990",
        "v_ZNVhz7ctTq0",
    ]


def test_without_annotations(tmp_path, clips):
    with pytest.raises(AVEError, match=r"no annotations .*clips\): expected a folder .*--annotations"):
        extract([clips], None, tmp_path / "own", **ENCODERS)
    with pytest.raises(AVEError, match=r"no annotations: expected one folder .*, or --annotations"):
        extract([clips / "a.mp4", clips / "b.mp4"], None, tmp_path / "own", **ENCODERS)


def test_the_manifest(tmp_path, clips):
    made = extract([clips], tmp_path / "events.csv", tmp_path / "own", dtype="float16", **ENCODERS)
    about = json.loads((made.folder / "extraction.json").read_text(encoding="utf-8"))
    assert {"av", "ffmpeg", "keras", "numpy", "python", "backend"} <= about["versions"].keys()
    assert about["recipe"]["visual"]["options"] == {"gain": 2.0} and about["recipe"]["dtype"] == "float16"
    assert list(about["recipe"]["audio"]["sha256"]) == ["tiny.py"]
    assert about["videos"]["é f 猫"]["file"] == "é f 猫.mp4" and len(about["videos"]["a"]["sha256"]) == 64
    assert about["files"] == AVE.from_directory(made.folder).fingerprint()["files"]


def test_the_downmix_is_part_of_the_recipe(tmp_path, clips):
    """Another one encodes again: here, only the left channel sounds."""
    films.write_film(clips / "a.mp4", np.arange(60) / 20, sound=np.stack([films.tone(3), 0 * films.tone(3)]))
    (clips / "b.mp4").write_text("nothing")
    loud = []
    for downmix in ("mean", "left", "right", "loudest"):
        options = {"downmix": downmix, "force": bool(loud)}
        made = extract([clips], tmp_path / "events.csv", tmp_path / "own", segments=3, **options, **ENCODERS)
        assert made.computed == 4
        about = json.loads((made.folder / "extraction.json").read_text(encoding="utf-8"))
        assert about["recipe"]["downmix"] == downmix
        loud.append(AVE.from_directory(made.folder).features.rows("audio").gather(np.array([0]))[0, 1, 0])
    np.testing.assert_allclose(loud, np.array([0.25, 0.5, 0, 0.5]) / np.sqrt(2), atol=0.01)


def test_a_zoo_model_trains_on_the_result(tmp_path, clips):
    from tests import small

    made = extract([clips], tmp_path / "events.csv", tmp_path / "own", **ENCODERS)
    ave = AVE.from_directory(made.folder)
    model = small.load("av_att", **ave.spec)
    losses = model.fit(ave.dataset("train", batch_size=2), epochs=1, verbose=0).history["loss"]
    assert np.isfinite(losses).all()


def test_bad_videos_are_reported_and_skipped(tmp_path, clips):
    (clips / "text.mp4").write_text("no video")
    films.write_film(clips / "mute.mp4", (0, 1, 2.9))
    whole = films.write_film(clips / "cut.mp4", np.arange(60) / 20, sound=films.tone(3)[None])
    whole.write_bytes(whole.read_bytes()[:2000])
    films.write_film(clips / "unnamed.mp4", (0, 1, 2.9))
    with (tmp_path / "events.csv").open("a") as file:
        file.write("\ntext,Dog,0,3\nmute,Dog,0,3\ncut,Cat,0,3\ngone.mp4,Cat,0,3\nelsewhere,Dog,0,3")
    videos = [clips, tmp_path / "gone.mp4"]
    made = extract(videos, tmp_path / "events.csv", tmp_path / "own", **ENCODERS)
    failures = {path.stem: reason for path, reason in made.failures.items()}
    assert set(failures) == {"text", "mute", "cut", "gone", "unnamed"} and made.unused == ["elsewhere"]
    assert "found a text file that starts with 'no video'" in failures["text"]
    assert "video not found" in failures["gone"]
    assert "no sound" in failures["mute"] and "no line in" in failures["unnamed"]
    assert len(AVE.from_directory(made.folder).annotations) == 6
    (clips / "unnamed.mp4").unlink()
    films.write_film(clips / "text.mp4", np.arange(60) / 20, sound=films.tone(3)[None])
    again = extract(videos, tmp_path / "events.csv", made.folder, force=True, **ENCODERS)
    assert again.computed == 1 and again.rows == 7 and len(again.failures) == 3


def test_background_clips(tmp_path, clips):
    """Clips without an event become background rows of the weak task; bad clips are reported and skipped."""
    street = tmp_path / "street"
    street.mkdir()
    for name in ("x", "y"):
        films.write_film(street / f"{name}.mp4", np.arange(60) / 20, sound=films.tone(3)[None])
    (street / "z.mp4").write_text("no video")
    made = extract([clips], tmp_path / "events.csv", tmp_path / "own", background=[street], **ENCODERS)
    assert (made.rows, made.clips, made.computed) == (6, 2, 7) and list(made.failures) == [street / "z.mp4"]
    ave = AVE.from_directory(made.folder)
    assert len(ave.background_rows) == 2
    x, y = ave.dataset("train", task="weak", background=True, batch_size=8)[0]
    assert y["video"][-2:].tolist() == [[0, 0, 1], [0, 0, 1]]
    found = encode(street / "y.mp4", tiny.Sound(), tiny.Picture(2.0))
    for key, value in found.items():
        np.testing.assert_array_equal(x[key][-1], value)
    # The next run replaces the clips of the previous one.
    again = extract(
        [clips], tmp_path / "events.csv", made.folder, background=[street / "x.mp4"], force=True, **ENCODERS
    )
    assert again.clips == 1 and len(AVE.from_directory(made.folder).background_rows) == 1


def test_splits_from_order_files(tmp_path, clips):
    """Row numbers are adjusted when a video is missing."""
    lines = [f"Dog&{name}&good&0&3" for name in ("a", "b", "c", "gone", "d", "é f 猫")]
    (tmp_path / "Annotations.txt").write_text("\n".join(lines), encoding="utf-8")
    for split, rows in {"train": [0, 3, 5], "val": [2], "test": [4, 1]}.items():
        write_array(tmp_path / f"{split}_order.h5", "order", np.array(rows))
    made = extract([clips], tmp_path / "Annotations.txt", tmp_path / "own", **ENCODERS)
    splits = AVE.from_directory(made.folder).splits
    assert {s: list(r) for s, r in splits.items()} == {"train": [0, 4], "val": [2], "test": [3, 1]}


def test_videos_of_different_lengths(tmp_path, clips):
    films.write_film(clips / "long.mp4", np.arange(100) / 20, sound=films.tone(5)[None])
    with (tmp_path / "events.csv").open("a") as file:
        file.write("\nlong,Dog,4,5")
    with pytest.raises(AVEError, match=r"differ in length .*found 5 of 3 s, 1 of 5 s. Set the length with --segments"):
        extract([clips], tmp_path / "events.csv", tmp_path / "own", **ENCODERS)
    with pytest.raises(AVEError, match=r"event ends after the video .*expected end <= 4, found long: 4 to 5"):
        extract([clips], tmp_path / "events.csv", tmp_path / "own", segments=4, **ENCODERS)
    with pytest.warns(UserWarning, match=r"3\.0 s of sound for 5 s"):
        made = extract([clips], tmp_path / "events.csv", tmp_path / "own", segments=5, **ENCODERS)
    assert AVE.from_directory(made.folder).segments == 5


def test_invalid_arguments(tmp_path, clips):
    made = extract([clips], tmp_path / "events.csv", tmp_path / "own", **ENCODERS)
    with pytest.raises(AVEError, match="the folder already contains a data set"):
        extract([clips], tmp_path / "events.csv", made.folder, **ENCODERS)
    (tmp_path / "file").write_text("")
    with pytest.raises(AVEError, match=r"cannot write to the folder .*own\): found Not a directory"):
        extract([clips], tmp_path / "events.csv", tmp_path / "file" / "own", **ENCODERS)
    with pytest.raises(AVEError, match="unknown encoder"):
        extract([clips], tmp_path / "events.csv", tmp_path / "b", audio=("x", {}), visual=ENCODERS["visual"])
    with pytest.raises(AVEError, match="unknown downmix"):
        extract([clips], tmp_path / "events.csv", tmp_path / "b", downmix="sum", **ENCODERS)
    (clips / "a.mp4").write_text("nothing")
    with pytest.raises(AVEError, match=r"no usable video\n.*unreadable video"):
        extract([clips / "a.mp4"], tmp_path / "events.csv", tmp_path / "c", **ENCODERS)


def command(tmp_path, out, *more):
    """The command line of `ave-keras extract`."""
    call = [sys.executable, "-c", "from zoo.cli.app import main; main()", "extract", str(tmp_path / "clips")]
    call += ["--annotations", str(tmp_path / "events.csv"), "--out", str(out), "--visual-option", "gain=2"]
    return [*call, "--audio-encoder", tiny.AUDIO, "--visual-encoder", tiny.VISUAL, *more]


def environment(**more):
    """The NumPy backend, which starts fastest; these encoders need no backend."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": "numpy", **more}


def test_resumes_after_a_kill(tmp_path, clips):
    out = tmp_path / "own"
    slow = environment(TINY_SECONDS="1")
    process = subprocess.Popen(command(tmp_path, out, "--workers", "0"), env=slow, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(list(out.glob(".extract/*.npz"))) < 2:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (out / "Annotations.txt").exists()
    done = len(list(out.glob(".extract/[!.]*.npz")))
    made = extract([clips], tmp_path / "events.csv", out, audio=ENCODERS["audio"], visual=(tiny.VISUAL, {"gain": 2}))
    assert made.computed == 5 - done and made.rows == 6
    assert not (out / ".extract").exists()


def test_a_video_that_crashes_its_worker(tmp_path, clips):
    """With two workers: the video that crashes one is reported, the others succeed, and the exit code is 1."""
    films.write_film(clips / "deadly.mp4", np.arange(60) / 20, sound=0 * films.tone(3)[None])
    with (tmp_path / "events.csv").open("a") as file:
        file.write("\ndeadly,Dog,0,3")
    done = subprocess.run(
        command(tmp_path, tmp_path / "own", "--workers", "2"),
        env=environment(TINY_DIES="1"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "6 rows of 3 segments, 5 videos encoded now" in done.stdout
    assert "deadly.mp4: its worker process crashed" in done.stdout
    assert len(AVE.from_directory(tmp_path / "own").annotations) == 6
