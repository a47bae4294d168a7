import json
import shutil
import zipfile
from pathlib import Path

import pytest

import zoo
from ave_keras import AVEError
from ave_keras.models.files import read_model
from zoo.sharing.reading import open_published
from zoo.weights import FILE, model_file

SHIPPED = FILE.parent / "pretrained/made-films"
FILES = sorted(json.loads((SHIPPED / "ave_keras.json").read_text())["files"])


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(SHIPPED, tmp_path / "published"))


def test_a_folder(folder):
    found = open_published(folder)
    assert (found.entry, found.address, found.model) == ("av_att", str(folder), folder / "model.keras")
    assert found.shapes["visual_shape"] == (7, 7, 64)
    assert model_file(str(folder)) == folder / "model.keras" and model_file("x/m.keras") == Path("x/m.keras")


@pytest.mark.parametrize("name", FILES)
def test_a_file_changed_by_one_byte_is_refused_by_its_name(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(AVEError, match=rf"not the published one .*{name}") as error:
        zoo.load(folder)
    assert "\n" not in str(error.value)
    (folder / name).unlink()
    with pytest.raises(AVEError, match=rf"missing .*{name}"):
        zoo.load(folder)


def test_a_half_downloaded_file_is_refused(folder):
    content = (folder / "model.keras").read_bytes()
    (folder / "model.keras").write_bytes(content[: len(content) // 2])
    with pytest.raises(AVEError, match=r"not the published one .*model\.keras"):
        zoo.load("av_att", weights=folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"files": {"../model.keras": "0" * 64}}, r"files\.\.\./model\.keras'"),
        ({"files": {"README.md": "0" * 64}}, r"expected model\.keras"),
        ({"files": {"model.keras": "12"}}, "its sha256"),
        ({"files": None}, "key 'files'"),
        ({"entry": 7}, "key 'entry'"),
        ({"shapes": [1]}, "key 'shapes'"),
        ({"shapes": {"lstm_units": 9}}, r"key 'shapes'.*found \['lstm_units'\]"),
        ({"scores": {"metrics": 3}}, "key 'scores'"),
        ({"recipe": "quick"}, "key 'recipe'"),
        ({"class_names": "Bark"}, "key 'class_names'"),
        ({"class_names": ["Bark"]}, r"does not describe its model.*key 'class_names'"),
        ({"entry": "a"}, r"does not describe its model.*key 'entry'.*expected av_att, found a"),
        ({"shapes": {"num_classes": 3}}, r"does not describe its model.*key 'class_names'.*expected 2 names"),
        ({"format": 99}, "key 'format'"),
    ],
)
def test_a_manifest_that_is_none(folder, change, message):
    manifest = json.loads((folder / "ave_keras.json").read_text())
    (folder / "ave_keras.json").write_text(json.dumps({**manifest, **change}))
    with pytest.raises(AVEError, match=message):
        open_published(folder)


@pytest.mark.parametrize(("text", "message"), [("{", "expected JSON"), ("[]", "a mapping, found list")])
def test_a_manifest_of_another_kind(folder, text, message):
    (folder / "ave_keras.json").write_text(text)
    with pytest.raises(AVEError, match=message):
        open_published(folder)


def test_no_published_model(folder, tmp_path):
    with pytest.raises(AVEError, match="a folder without it"):
        zoo.load(tmp_path)
    with pytest.raises(AVEError, match="no such entry or folder"):
        zoo.load(f"{tmp_path}/none")
    with pytest.raises(AVEError, match=r"its own shapes .*found \['segments', 'weights'\]"):
        zoo.load(folder, segments=4, weights="made-films")
    with pytest.raises(AVEError, match=r"no such model .*Nearest: made-films"):
        model_file("made-film")


def test_the_model_file_decides_no_code(folder):
    """A class of another module in the model's configuration is not imported."""
    members = {}
    with zipfile.ZipFile(folder / "model.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    config["config"]["layers"][2].update(module="antigravity", class_name="Layer", registered_name="Layer")
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(folder / "evil.keras", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(AVEError, match="not a Keras model"):
        read_model(folder / "evil.keras")
