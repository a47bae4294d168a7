"""`ave-keras data compose` and `ave-keras demo`, on films so small that they take seconds."""

import keras
import numpy as np
import pytest

from ave_keras.data import AVE
from tests.ave_keras.localization.player.test_document import CELLS
from tests.zoo.cli.test_data import call
from zoo.cli import demo

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="runs on any backend, once")
SMALL = ["--videos", 6, "--background-videos", 1, "--seconds", 3, "--size", 32, "--fps", 2, "--workers", 0]


@pytest.mark.filterwarnings("ignore:.*the rest is silence")
def test_compose_and_extract(tmp_path, capsys):
    films, features = tmp_path / "films", tmp_path / "features"
    status, out, err = call(capsys, "data", "compose", films, *SMALL)
    assert status == 0, err
    assert "6 films of 8 classes, 1 without an event" in out and f"next: ave-keras extract {films}" in out
    status, _, err = call(capsys, "data", "compose", films, *SMALL)
    assert status == 2 and "already contains a data set" in err and "--force" in err
    options = ["--audio-encoder", "logmel", "--visual-encoder", "patches", "--workers", 0]
    status, out, err = call(capsys, "extract", films, "--out", features, *options)
    assert status == 0, err
    assert "6 rows and 1 background clips of 3 segments" in out
    ave = AVE.from_directory(features)
    assert ave.title == "made films" and ave.spec["visual_shape"] == (7, 7, 64) and ave.spec["audio_dim"] == 128
    for row, annotation in enumerate(ave.annotations):
        covered = np.asarray(ave.source_mask[row]).any(axis=(1, 2))
        assert covered.tolist() == [annotation.start <= t < annotation.end for t in range(3)]
    # A further second has no source.
    longer = tmp_path / "longer"
    assert call(capsys, "extract", films, "--out", longer, *options, "--segments", 4)[0] == 0
    mask = AVE.from_directory(longer).source_mask
    assert mask.shape == (6, 4, 7, 7) and not np.asarray(mask)[:, 3].any()


def test_a_recipe_file(tmp_path, capsys):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("videos: 4\nseconds: 2\nsize: 32\nfps: 2\nbackground_videos: 0\ntitle: my films\n")
    status, out, err = call(capsys, "data", "compose", tmp_path / "films", "--recipe", recipe, "--videos", 3)
    assert status == 0, err
    assert "3 films" in out and "my films" in (tmp_path / "films" / "dataset.yaml").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fps", 0], "'fps'"),
        (["--size", 33], "'size'): expected an even number"),
        (["--videos", 2], "'videos'"),
        (["--sounds", "."], "sounds and pictures belong together"),
        (["--sounds", "none", "--pictures", "none"], "folder not found"),
        (["--recipe", "none.yaml"], "cannot read the recipe"),
    ],
)
def test_bad_options(tmp_path, capsys, options, message):
    status, out, err = call(capsys, "data", "compose", tmp_path / "films", *options)
    assert status == 2 and message in err and err.count("\n") == 1 and not out
    assert not (tmp_path / "films").exists()


def test_demo(tmp_path, capsys, monkeypatch, tab):
    monkeypatch.setattr(demo, "EPOCHS", 2)
    small = {"videos": 40, "background_videos": 1, "seconds": 5, "size": 48, "fps": 4}
    monkeypatch.setattr(demo, "RECIPE", {**demo.RECIPE, **small})
    status, out, err = call(capsys, "demo", "--out", tmp_path / "demo", "--workers", 1)
    assert status == 0, err
    pages = tmp_path / "demo" / "pages"
    assert f"open {pages / 'index.html'}" in out.replace("\n", "")
    page = tab(pages / "index.html")
    assert "made films" in page.inner_text("body") and page.locator(".score").count() == 3
    links = {link.get_attribute("href") for link in page.locator("a").all()}
    assert len(links) == 3 and all((pages / link).is_file() for link in links)
    assert page.locator(".film img").evaluate_all("images => images.every(image => image.naturalWidth > 0)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for link in links:
        page = tab(pages / link)
        assert page.locator(CELLS.format("Model")).count() == page.locator(CELLS.format("Truth")).count() == 5
    status, _, err = call(capsys, "demo", "--out", tmp_path / "demo")
    assert status == 2 and "there is a demo already" in err and "--force" in err


@pytest.mark.parametrize("line", ["sounds: 5\npictures: 6", "sounds: [a]\npictures: [b]", "title: {a: 1}"])
def test_recipes_with_other_types(line, tmp_path, capsys):
    (tmp_path / "recipe.yaml").write_text(line)
    status, _, err = call(capsys, "data", "compose", tmp_path / "films", "--recipe", tmp_path / "recipe.yaml")
    assert status == 2 and "invalid recipe" in err


def test_the_written_recipe_composes_the_same_films(tmp_path, capsys):
    options = "videos: 3\nsize: 32\nseconds: 2\nbackground_videos: 0\nambience_level: 0.3\ntitle: mine\n"
    (tmp_path / "recipe.yaml").write_text(options)
    for out, recipe in (("one", "recipe.yaml"), ("two", "one/recipe.yaml")):
        arguments = ["data", "compose", tmp_path / out, "--recipe", tmp_path / recipe, "--workers", 0]
        status, _, err = call(capsys, *arguments)
        assert status == 0, err
    for name in ("AVE/film00002.mp4", "recipe.yaml"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
