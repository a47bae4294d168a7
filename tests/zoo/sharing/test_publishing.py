import copy
import hashlib
import json
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest
import yaml

import zoo
from ave_keras import AVEError
from ave_keras.models.files import read_metadata, read_model
from tests import small
from zoo.evaluation.segments import score
from zoo.sharing import scores
from zoo.sharing.publishing import publish

FILES = {"README.md", "ave_keras.json", "confusion.png", "log.csv", "model.keras"}
LOAD = """
import sys, keras, numpy as np, zoo
model = zoo.load(sys.argv[1], compile=False)
with np.load(sys.argv[2]) as x:
    answer = model.predict_on_batch({key: x[key] for key in ("audio", "visual")})
np.save(sys.argv[3], np.asarray(answer))
"""


def front_matter(folder):
    return yaml.safe_load((folder / "README.md").read_text().split("---\n")[1])


def test_the_published_model_is_the_trained_one(trained, ave, tmp_path):
    run, (x, _) = trained(), small.batch("av_att", num_classes=3)
    folder = publish(run, tmp_path / "to/published", license="cc-by-4.0", ave=ave)
    assert {path.name for path in folder.iterdir()} == FILES
    assert [path.name for path in folder.parent.iterdir()] == ["published"]
    trained_model, loaded = read_model(run / "model.keras"), zoo.load(folder)
    np.testing.assert_array_equal(small.call(loaded, x), small.call(trained_model, x))
    assert float(loaded.optimizer.learning_rate) == np.float32(0.002)
    assert float(zoo.load(str(folder), recipe={"learning_rate": 0.5}).optimizer.learning_rate) == 0.5
    loaded.fit(x, small.batch("av_att", num_classes=3)[1], verbose=0)

    manifest = json.loads((folder / "ave_keras.json").read_text())
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES - {"ave_keras.json"}}
    assert manifest["files"] == sums
    assert manifest["shapes"] == {"num_classes": 3, "segments": 4, "audio_dim": 6, "visual_shape": [3, 2, 8]}
    assert (manifest["seed"], manifest["recipe"]["learning_rate"], manifest["entry"]) == (3, 0.002, "av_att")
    accuracy = score(trained_model, ave, "test").accuracy
    assert manifest["scores"]["metrics"] == {"segment accuracy": accuracy} and manifest["scores"]["videos"] == 3
    assert read_metadata(folder / "model.keras")["class_names"] == list(ave.class_names)

    head, text = front_matter(folder), (folder / "README.md").read_text()
    (result,) = head["model-index"][0]["results"]
    assert head["license"] == "cc-by-4.0" and "av_att" in head["tags"] and head["datasets"] == ["synthetic-ave"]
    assert result["dataset"]["name"] == "synthetic AVE (not the AVE data set)"
    assert result["metrics"][0]["value"] == round(100 * accuracy, 2)
    assert "synthetic 00" in text and "always background" in text and text.endswith("Licence: cc-by-4.0\n")


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="a process of its own; the shipped model runs on all")
def test_a_process_that_has_not_seen_the_data_gives_the_same(trained, ave, tmp_path):
    run, (x, _) = trained(), small.batch("av_att", num_classes=3)
    folder = publish(run, tmp_path / "published", license="mit", ave=ave)
    answer = read_model(run / "model.keras").predict_on_batch(x)
    np.savez(tmp_path / "x.npz", **x)
    command = [sys.executable, "-c", LOAD, folder, tmp_path / "x.npz", tmp_path / "answer.npy"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    np.testing.assert_array_equal(np.load(tmp_path / "answer.npy"), answer)


def test_float16_halves_the_file_and_is_what_is_scored(trained, ave, tmp_path):
    run = trained()
    full, half = (tmp_path / name for name in ("full", "half"))
    publish(run, full, license="mit", ave=ave)
    publish(run, half, license="mit", ave=ave, float16=True)
    expected, loaded = zoo.load(full, compile=False), zoo.load(half, compile=False)
    for before, after in zip(expected.get_weights(), loaded.get_weights(), strict=True):
        assert after.dtype == "float32"
        np.testing.assert_array_equal(after, before.astype("float16").astype("float32"))
    assert (half / "model.keras").stat().st_size < 0.8 * (full / "model.keras").stat().st_size
    manifest = json.loads((half / "ave_keras.json").read_text())
    assert manifest["stored_as"] == "float16"
    assert manifest["scores"]["metrics"]["segment accuracy"] == score(loaded, ave, "test").accuracy


def test_a_weight_that_float16_cannot_hold(trained, ave, tmp_path):
    run = trained()
    model = read_model(run / "model.keras")
    weights = model.get_weights()
    model.set_weights([*weights[:-1], np.full_like(weights[-1], 1e5)])
    metadata = read_metadata(run / "model.keras")
    model.save(run / "model.keras")
    with zipfile.ZipFile(run / "model.keras", "a") as archive:
        archive.writestr("ave_keras.json", json.dumps(metadata))
    with pytest.raises(AVEError, match="does not fit float16"):
        publish(run, tmp_path / "to", license="mit", ave=ave, float16=True)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_names_that_markdown_would_swallow(trained, ave, tmp_path):
    odd = copy.copy(ave)
    odd.class_names, odd.title = (
        ("<b>Bark</b>|*_`x`", "Me\now $\\a$ [b](c) &amp;"),
        "my | <i>films</i>: - '\n--- $\\frac$",
    )
    run = trained(class_names=list(odd.class_names), data=odd.title)
    folder = publish(run, tmp_path / "to", license="Mine: all <rights>", ave=odd)
    text, head = (folder / "README.md").read_text(), front_matter(folder)
    assert r"| &lt;b&gt;Bark&lt;/b&gt;\|\*\_\`x\` |" in text
    assert r"| Me ow \$\\a\$ \[b\](c) &amp;amp; |" in text
    assert r"my \| &lt;i&gt;films&lt;/i&gt;: - ' --- \$\\frac\$ (not the AVE data set)" in text
    assert head["license"] == "other" and head["license_name"] == "mine-all-rights"
    assert head["model-index"][0]["results"][0]["dataset"]["name"].startswith(odd.title)
    assert json.loads((folder / "ave_keras.json").read_text())["class_names"] == list(odd.class_names)


def test_encoders_without_the_folders_of_this_machine(trained, ave, tmp_path):
    options = {"weights": "/srv/me/vggish.pth", "other": r"C:\me\map.npz", "layer": "a/b"}
    encoder = {"encoder": "vggish", "options": options, "sha256": {"vggish.pth": "00ff"}}
    folder = publish(trained(encoders={"audio": encoder}), tmp_path / "to", license="mit", ave=ave)
    for found in (json.loads((folder / "ave_keras.json").read_text()), read_metadata(folder / "model.keras")):
        options = {"weights": "vggish.pth", "other": "map.npz", "layer": "a/b"}
        assert found["encoders"] == {"audio": {**encoder, "options": options}}
    assert (
        "| audio | vggish | weights=vggish.pth, other=map.npz, layer=a/b | vggish.pth=00ff |"
        in (folder / "README.md").read_text()
    )


def test_a_model_that_matches(trained, ave, tmp_path):
    folder = publish(trained("avdln"), tmp_path / "to", license="mit", ave=ave)
    assert {path.name for path in folder.iterdir()} == FILES - {"confusion.png"}
    assert len(front_matter(folder)["model-index"][0]["results"][0]["metrics"]) == 2
    assert zoo.load(folder).output.keys() >= {"distances"}


def test_stored_scores(trained, ave, tmp_path):
    run = trained()
    with pytest.raises(AVEError, match=r"no score on the test split .*run\)\. Add --data DIR"):
        publish(run, tmp_path / "to", license="mit")
    found = scores.score_test(read_model(run / "model.keras"), ave)
    scores.store(found, run / "model.keras")
    folder = publish(run / "model.keras", tmp_path / "to", license="mit")
    again = publish(run, tmp_path / "again", license="mit", ave=ave)
    assert (folder / "confusion.png").is_file()
    cards = [(path / "README.md").read_text() for path in (folder, again)]
    assert cards[0] == cards[1]
    with pytest.raises(AVEError, match="no score yet"):
        publish(run, tmp_path / "half", license="mit", float16=True)
    trained()
    with pytest.raises(AVEError, match="not of the present"):
        publish(run, tmp_path / "other", license="mit")
    (run / "test.json").write_text("[]")
    with pytest.raises(AVEError, match="does not contain scores"):
        publish(run, tmp_path / "other", license="mit")
    assert {path.name for path in tmp_path.iterdir()} == {"run", "to", "again"}


def test_what_is_in_the_way(trained, ave, tmp_path):
    run, to = trained(), tmp_path / "to"
    to.mkdir()
    publish(run, to, license="mit", ave=ave)
    with pytest.raises(AVEError, match="not empty"):
        publish(run, to, license="mit", ave=ave)
    publish(run, to, license="bsl", ave=ave, force=True)
    assert front_matter(to)["license_name"] == "bsl"
    (to / "diary.txt").write_text("dear diary")
    with pytest.raises(AVEError, match=r"more than a published model .*found also diary\.txt"):
        publish(run, to, license="mit", ave=ave, force=True)
    with pytest.raises(AVEError, match="more than a published model"):
        publish(run, run, license="mit", ave=ave, force=True)
    with pytest.raises(AVEError, match="not a folder"):
        publish(run, to / "diary.txt", license="mit", ave=ave)
    for licence in (" ", "a\nb"):
        with pytest.raises(AVEError, match="the licence has no name"):
            publish(run, tmp_path / "new", license=licence, ave=ave)
    small.load("a").save(run / "model.keras")
    with pytest.raises(AVEError, match="does not say what it is"):
        publish(run, tmp_path / "new", license="mit", ave=ave)
    with pytest.raises(AVEError, match="model file not found"):
        publish(tmp_path / "none", tmp_path / "new", license="mit", ave=ave)
    assert {path.name for path in tmp_path.iterdir()} == {"run", "to"}
