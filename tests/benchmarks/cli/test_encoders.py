import keras
import numpy as np
import pytest

from benchmarks.cli.encoders import encoders
from benchmarks.speed import encoding
from tests.ave_keras.features import films, tiny

pytest.importorskip("av")
pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the same on every backend")


def test_encoders(tmp_path, monkeypatch, capsys):
    film = films.write_film(tmp_path / "film.mp4", np.arange(60) / 20, sound=films.tone(3)[None])
    monkeypatch.setattr(encoding.registry, "audio_encoder", lambda name, **options: tiny.Sound())
    monkeypatch.setattr(encoding.registry, "visual_encoder", lambda name, **options: tiny.Picture())
    row = encoding.measure("vgg19", [film, film])
    assert row["seconds"] > 0 and row["hours"] == pytest.approx(4097 * row["seconds"] / 3600)
    # (3, 4) and (3, 2, 2, 3) float32 per video.
    assert row["gigabytes"] == pytest.approx(4143 * 4 * (3 * 4 + 3 * 12) / 1e9)
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    encoders([film], visual=["c3d"])
    assert "c3d" in capsys.readouterr().out
