import shutil
import time
from pathlib import Path

import huggingface_hub.constants
import keras
import pytest

import zoo
from ave_keras import AVEError
from tests.hub import COMMIT, serve
from zoo.sharing.reading import open_published
from zoo.weights import FILE, pinned

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="downloads only: one backend is enough")
SHIPPED = FILE.parent / "pretrained/made-films"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    models = {"someone/films": Path(shutil.copytree(SHIPPED, tmp_path / "films")), "someone/plain": tmp_path}
    with serve(models) as hub:
        constants = huggingface_hub.constants
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        )
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(time, "sleep", lambda seconds: None)
        yield hub


def test_a_revision_is_pinned_to_its_commit(hub):
    for revision in ("", "@main", "@v1", f"@{COMMIT}"):
        found = open_published(f"hf://someone/films{revision}")
        assert found.address == f"hf://someone/films@{COMMIT}"
        assert found.manifest["data"] == "made films" and found.model.is_file()
    downloaded = [line for line in hub.asked if line.startswith("GET /someone")]
    assert len(downloaded) == len(set(downloaded)) == 5, hub.asked
    assert pinned("hf://someone/films") == f"hf://someone/films@{COMMIT}"
    assert zoo.load("hf://someone/films", compile=False).count_params() == 643770
    assert zoo.load("av_att", weights="hf://someone/films", compile=False).output_shape == (None, 10, 9)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("hf://someone/none", r"^no such model on the hub \(hf://someone/none\)"),
        ("hf://someone/films@v2", "no such revision"),
        ("hf://someone/plain", r"has no ave_keras\.json"),
        ("hf://films", "expected hf://USER/NAME"),
        ("hf://some--one/films", "expected hf://USER/NAME"),
    ],
)
def test_unknown_names(hub, address, message):
    with pytest.raises(AVEError, match=message) as error:
        zoo.load(address)
    assert "\n" not in str(error.value)


def test_a_changed_and_a_missing_file(hub):
    model, log = (hub.models["someone/films"] / name for name in ("model.keras", "log.csv"))
    content = model.read_bytes()
    model.unlink()
    log.write_text("other")
    with pytest.raises(AVEError, match=r"has no model\.keras"):
        zoo.load("hf://someone/films")
    model.write_bytes(content)
    with pytest.raises(AVEError, match=r"not the published one .*log\.csv"):
        zoo.load("hf://someone/films")


def test_a_download_that_breaks_off_is_completed_by_the_next(hub, capsys):
    hub.cut.add("model.keras")
    with pytest.raises(AVEError, match=r"the download of model\.keras failed") as error:
        zoo.load("hf://someone/films")
    assert "\n" not in str(error.value) and "Trying to resume" not in capsys.readouterr().err
    hub.cut.clear()
    assert open_published("hf://someone/films").model.read_bytes() == (SHIPPED / "model.keras").read_bytes()


def test_without_a_network(hub, monkeypatch):
    open_published("hf://someone/films")
    port = hub.url.rpartition(":")[2]
    for name in ("ENDPOINT", "HUGGINGFACE_CO_URL_TEMPLATE"):
        closed = getattr(huggingface_hub.constants, name).replace(port, "1")
        monkeypatch.setattr(huggingface_hub.constants, name, closed)
    assert open_published("hf://someone/films").address.endswith(COMMIT)  # From the cache.
    with pytest.raises(AVEError, match="cannot reach the hub"):
        open_published("hf://someone/other")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(AVEError, match="cannot reach the hub"):
        open_published("hf://someone/other")
