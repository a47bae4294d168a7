import csv
import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
import yaml

from ave_keras import AVEError
from ave_keras.data import read_annotations
from ave_keras.features import probe
from ave_keras.films import Made, Recipe, compose
from ave_keras.films.composing import draw_plans

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="needs no backend")
RECIPE = Recipe(videos=10, background_videos=2, seconds=3, size=48, fps=4)


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = compose(tmp_path_factory.mktemp("composed") / "films", RECIPE, Made(), title="made films")
    assert (made.films, made.background, made.computed, made.failures) == (10, 2, 12, {})
    return made.folder


def test_files(folder):
    annotations = read_annotations(folder / "Annotations.txt", segments=3)
    assert [a.video_id for a in annotations] == [f"film{n:05}" for n in range(10)]
    for path in [*(folder / "AVE").iterdir(), *(folder / "background").iterdir()]:
        video = probe(path)
        assert (video.seconds, video.width, video.height, video.has_audio) == (3, 48, 48, True)
        assert video.frames_per_second == 4
    said = yaml.safe_load((folder / "dataset.yaml").read_text())
    assert said == {"title": "made films", "class_names": list(Made.classes)}
    with h5py.File(folder / "outlines.h5") as file:
        outlines = file["avadataset"][:]
    assert outlines.shape == (10, 3, 48, 48) and set(np.unique(outlines)) == {0, 1}
    with (folder / "scenes.csv").open() as file:
        scenes = list(csv.DictReader(file))
    for annotation, scene, outline in zip(annotations, scenes, outlines, strict=True):
        both = [a == b == "1" for a, b in zip(scene["seen"], scene["heard"], strict=True)]
        assert both == [annotation.start <= t < annotation.end for t in range(3)] == outline.any((1, 2)).tolist()
    assert not (folder / ".films").exists()


def test_the_same_seed_gives_the_same_bytes(folder, tmp_path):
    again = compose(tmp_path / "films", RECIPE, Made(), title="made films", workers=2).folder
    first, second = contents(folder), contents(again)
    assert first.keys() == second.keys()
    assert {p for p in first if first[p] != second[p] and p.suffix != ".h5"} == set()
    other = compose(tmp_path / "other", Recipe(**{**RECIPE.to_dict(), "seed": 1}), Made()).folder
    assert contents(other)[next(p for p in first if p.suffix == ".mp4")] not in first.values()


def test_a_film_does_not_depend_on_the_others(folder, tmp_path):
    (tmp_path / "films").mkdir()
    fewer = Recipe(**{**RECIPE.to_dict(), "background_videos": 0})
    again = compose(tmp_path / "films", fewer, Made()).folder
    for film in (again / "AVE").iterdir():
        assert film.read_bytes() == (folder / "AVE" / film.name).read_bytes()


def test_resumes_after_a_kill(folder, tmp_path):
    out = tmp_path / "films"
    code = (
        "from ave_keras.films import *; from pathlib import Path\n"
        f"compose({str(out)!r}, Recipe.from_dict({RECIPE.to_dict()!r}), Made(), title='made films')"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 60
    while len(list(out.glob(".films/film*.npz"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (out / "Annotations.txt").exists()
    made = compose(out, RECIPE, Made(), title="made films")
    assert 0 < made.computed <= 9
    for path, content in contents(folder).items():
        assert path.suffix == ".h5" or contents(out)[path] == content


def test_folders_that_are_not_replaced(folder, tmp_path):
    with pytest.raises(AVEError, match=r"already contains a data set.*--force"):
        compose(folder, RECIPE, Made())
    # An interrupted run with another recipe.
    out = tmp_path / "films"
    (out / "AVE").mkdir(parents=True)
    (out / "AVE" / "mine.mp4").write_bytes(b"film")
    for force in (False, True):
        with pytest.raises(AVEError, match=r"videos that were not composed.*mine\.mp4.*Choose another folder"):
            compose(out, RECIPE, Made(), force=force)
    (out / "recipe.yaml").write_text("videos: 3")
    with pytest.raises(AVEError, match=r"films of another recipe.*--force"):
        compose(out, RECIPE, Made())
    assert (out / "AVE" / "mine.mp4").is_file()
    assert compose(out, RECIPE, Made(), force=True).computed == 12
    assert not (out / "AVE" / "mine.mp4").exists()


def test_a_film_that_fails_is_left_out(tmp_path):
    class Broken(Made):
        def sound(self, label, *rest):
            if label == "Bird":
                raise AVEError("this sound is silent", file="bird.wav")
            return super().sound(label, *rest)

    made = compose(tmp_path / "films", RECIPE, Broken())
    assert made.films == 8 and all("bird.wav" in reason for reason in made.failures.values())
    annotations = read_annotations(made.folder / "Annotations.txt", segments=3)
    assert "Bird" not in {a.class_name for a in annotations} and len(annotations) == 8

    class Nothing(Made):
        def background(self, *_):
            raise AVEError("no background")

    with pytest.raises(AVEError, match="no film could be made"):
        compose(tmp_path / "none", RECIPE, Nothing())


def test_unwritable_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(AVEError, match=r"cannot write to the folder|not a folder"):
        compose(tmp_path / "file", RECIPE, Made())


@pytest.mark.parametrize("videos", [3, 10, 100, 101])
def test_plans(videos):
    recipe = Recipe(videos=videos)
    plans = draw_plans(recipe, Made.classes)
    films = [plan for plan in plans if plan.label]
    assert len(films) == videos and len({plan.name for plan in plans}) == len(plans)
    counts = {split: sum(plan.split == split for plan in films) for split in ("train", "val", "test")}
    assert counts["val"] == max(1, round(videos * 0.1 + 1e-9)) and counts["test"] == max(1, round(videos * 0.2 + 1e-9))
    if videos == 100:
        for split, share in (("train", 0.7), ("test", 0.2)):
            per_class = [sum(p.split == split and p.label == c for p in films) for c in Made.classes]
            assert max(per_class) - min(per_class) <= 3 and sum(per_class) == 100 * share


def test_a_full_disk_stops_the_work_and_the_same_call_resumes(folder, tmp_path, monkeypatch):
    replace = Path.replace

    def full(path, target):
        if "film00004" in path.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(path, target)

    out = tmp_path / "films"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(AVEError, match=r"film00004.*No space left.*same command again"):
            compose(out, RECIPE, Made(), title="made films")
    assert not (out / "Annotations.txt").exists() and not list(out.glob("**/*partial*"))
    made = compose(out, RECIPE, Made(), title="made films")
    assert (made.computed, made.failures) == (8, {})
    assert (out / "Annotations.txt").read_bytes() == (folder / "Annotations.txt").read_bytes()


def test_more_silent_objects_than_other_classes(tmp_path):
    with pytest.raises(AVEError, match=r"more silent objects than other classes.*expected 7, found 8"):
        compose(tmp_path / "films", Recipe(videos=3, distractors=(0, 0, 0, 0, 0, 0, 0, 0, 1)), Made())
    assert not (tmp_path / "films").exists()


def test_force_removes_the_truth_of_the_old_films_first(tmp_path):
    out = compose(tmp_path / "films", RECIPE, Made()).folder
    (out / "AVE" / ".film00001.4321.mp4").write_bytes(b"half of a film")

    class Killed(Made):
        def background(self, *_):
            raise KeyboardInterrupt

    other = Recipe(**{**RECIPE.to_dict(), "seed": 5})
    with pytest.raises(KeyboardInterrupt):
        compose(out, other, Killed(), force=True)
    left = {path.name for path in out.iterdir() if path.is_file()}
    assert left & {"Annotations.txt", "outlines.h5", "labels.h5", "train_order.h5", "scenes.csv"} == set()
    # The same call resumes, also without force, and leaves no half of a film.
    (out / "AVE" / ".film00001.4321.mp4").write_bytes(b"half of a film")
    assert compose(out, other, Made()).computed == 12
    assert not list(out.glob("AVE/.*"))
