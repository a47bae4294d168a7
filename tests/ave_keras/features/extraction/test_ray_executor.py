import sys

import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.features.extraction import ray_executor, ray_tasks
from ave_keras.features.extraction.job import Job
from ave_keras.features.extraction.parts import Parts, read_part, video_sha256
from ave_keras.features.extraction.pipeline import extract
from ave_keras.features.extraction.ray_executor import RayExecutor
from ave_keras.runtime import cluster
from tests.ave_keras.features import films, tiny
from zoo.cli.extract import choose_executor

pytest.importorskip("av")
pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the same on every backend")

ENCODERS = {"audio": (tiny.AUDIO, {}), "visual": (tiny.VISUAL, {"gain": 2.0})}
NAMES = ("a", "b", "c", "deadly")


@pytest.fixture
def clips(tmp_path):
    """Four films of three seconds, the last one silent; one without a sound track; and a text file."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for n, name in enumerate(NAMES):
        sound = films.tone(3, frequency=200.0 + 50 * n) * (name != "deadly")
        films.write_film(folder / f"{name}.mp4", np.arange(n, 60) / 20 - n / 20, sound=sound[None])
    films.write_film(folder / "mute.mp4", (0, 1, 2.9))
    (folder / "text.mp4").write_text("no video")
    lines = [f"{name},{('Dog', 'Cat')[n % 2]},{n % 3},3" for n, name in enumerate((*NAMES, "mute", "text"))]
    (tmp_path / "events.csv").write_text("\n".join(["video,class,start,end", *lines]), encoding="utf-8")
    return folder


@pytest.fixture
def quick(monkeypatch):
    """Ray with encoders on Keras' NumPy backend, which starts fastest."""
    pytest.importorskip("ray")

    def connect(address, env, modules):
        return cluster.connect(address, {**env, "KERAS_BACKEND": "numpy"}, modules)

    monkeypatch.setattr(ray_executor, "connect", connect)


@pytest.fixture
def job(tmp_path):
    parts = Parts(tmp_path / "own", {})
    parts.prepare()
    return Job(*ENCODERS.values(), parts, 3, "float32", {})


@pytest.mark.filterwarnings("default")
def test_same_files_as_the_local_executor(tmp_path, clips, quick):
    """Byte for byte, with the same failures."""
    reported = []
    inputs, common = ([clips], tmp_path / "events.csv"), {"title": "own", **ENCODERS}
    here = extract(*inputs, tmp_path / "here", **common)
    there = extract(
        *inputs,
        tmp_path / "there",
        executor=RayExecutor("local"),
        advance=lambda path, failure: reported.append((path.stem, bool(failure))),
        **common,
    )
    assert (there.rows, there.computed, there.failures) == (4, 4, here.failures) and here.computed == 4
    assert sorted(reported) == [*((name, False) for name in NAMES), ("mute", True)]
    assert sorted(path.stem for path in there.failures) == ["mute", "text"]
    written = {path.name: path.read_bytes() for path in here.folder.iterdir() if path.is_file()}
    assert written == {path.name: path.read_bytes() for path in there.folder.iterdir() if path.is_file()}
    # Finished parts are kept under the same names.
    parts = [sorted(path.name for path in (made.folder / ".extract").iterdir()) for made in (here, there)]
    assert parts[0] == parts[1] and len(parts[0]) == 4


@pytest.mark.filterwarnings("default")
def test_a_video_that_crashes_the_encoders(job, clips, quick, monkeypatch):
    """It is retried and then reported; a new encoder continues with the other videos."""
    monkeypatch.setenv("TINY_DIES", "1")
    monkeypatch.setattr(ray_executor, "ATTEMPTS", 2)
    reported = {}
    paths = [clips / f"{name}.mp4" for name in reversed(NAMES)]
    RayExecutor("local").run(job, [(path, video_sha256(path)) for path in paths], reported.__setitem__)
    crash = "its worker process crashed"
    assert reported == {path: f"{path}: {crash}" if path.stem == "deadly" else None for path in paths}
    assert len(list(job.parts.folder.iterdir())) == 3


def encoded(job, path, encoder):
    """The result of an encoder for a video decoded by another process."""
    specs, _ = encoder.start()
    (failure, caught), decoded = ray_tasks.decode(path, video_sha256(path), specs, job, ".")
    assert not failure and not caught
    for array in (decoded[0], *decoded[1]):
        array.flags.writeable = False
    return encoder.encode(path, "digest", decoded)


def test_a_node_without_the_folder_returns_the_features(job, clips):
    marker = job.parts.folder / ".ray-token"
    features, failure = encoded(job, clips / "a.mp4", ray_tasks.Encoder(job, ".", marker))
    assert failure is None and not list(job.parts.folder.iterdir())
    marker.touch()
    assert encoded(job, clips / "a.mp4", ray_tasks.Encoder(job, ".", marker)) == (None, None)
    for key, value in read_part(job.parts.path("digest")).items():
        np.testing.assert_array_equal(value, features[key])


def test_a_node_without_the_videos(job, clips):
    with pytest.raises(
        AVEError, match=r"a Ray node does not have the video .*gone.mp4.*found no file on .*copy them to the same path"
    ):
        ray_tasks.decode(clips / "gone.mp4", "0", None, job, ".")
    with pytest.raises(AVEError, match="found another file on"):
        ray_tasks.decode(clips / "a.mp4", "0", None, job, ".")


def test_warnings_are_returned(job, clips):
    job.segments = 5
    specs, _ = ray_tasks.Encoder(job, ".", None).start()
    (failure, caught), _ = ray_tasks.decode(clips / "a.mp4", video_sha256(clips / "a.mp4"), specs, job, ".")
    assert failure is None and len(caught) == 1 and "3.0 s of sound for 5 s" in caught[0]


@pytest.mark.parametrize(
    ("nodes", "gpus", "expected"),
    [
        ([{"CPU": 1.0}], 0, (1, 0)),
        ([{"CPU": 0.0}, {"CPU": 8.0}, {"CPU": 64.0}], 0, (2, 7)),
        ([{"CPU": 8.0, "GPU": 2.0}, {"CPU": 64.0}], 0.4, (4, 0)),
        ([{"CPU": 8.0, "GPU": 2.0}], 0.1, (20, 0)),
        ([{"CPU": 8.0, "GPU": 3.0}, {"GPU": 1.0}], 2, (1, 0)),
    ],
)
def test_number_of_encoders(nodes, gpus, expected):
    """A node keeps a CPU for decoding; a fractional encoder never spans two GPUs."""
    assert ray_executor._encoders(nodes, gpus) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("slurm", None, None, None), r"unknown executor .*--executor.*expected one of .*found 'slurm'"),
        (
            ("local", None, "head:6379", None),
            "not an option of --executor local .*--address.*found head:6379. Remove it",
        ),
        (("local", 2, None, 0.5), "not an option of --executor local .*--gpus-per-worker"),
        (("ray", 2, None, None), "not an option of --executor ray .*--workers"),
        (("ray", None, None, 1.5), "--gpus-per-worker.*expected 0 to 1, or a whole number, found 1.5"),
        (("ray", None, None, -1.0), "--gpus-per-worker.*found -1"),
    ],
)
def test_invalid_options(options, message):
    with pytest.raises(AVEError, match=message):
        choose_executor(*options)


def test_without_ray(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert choose_executor("local", 2, None, None) is None
    with pytest.raises(AVEError, match=r'needs ray, which is not installed.*pip install "ave-keras\[ray\]"'):
        choose_executor("ray", None, None, 0.25)


def test_no_cluster(job):
    pytest.importorskip("ray")
    with pytest.raises(AVEError, match=r"cannot use the Ray cluster.*localhost:1: .*refused. Start one with `ray"):
        RayExecutor("localhost:1").run(job, [], None)
