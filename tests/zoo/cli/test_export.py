"""`ave-keras export`, the whole way: a process of its own on any backend."""

import keras
import numpy as np
import pytest

from ave_keras.exporting import FORMATS, Exported
from tests import small


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="PyTorch's process of its own is as good")
def test_export_to_onnx(call, tmp_path):
    for module in ("tensorflow", "tf2onnx"):
        pytest.importorskip(module)
    onnxruntime = pytest.importorskip("onnxruntime")
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = small.load("avdln", audio_dim=3)
    finally:
        keras.config.set_dtype_policy("float32")
    mixed.save(tmp_path / "own.keras")
    status, out, err = call("export", tmp_path / "own.keras", "--format", "onnx")
    assert status == 0, err
    assert "difference from the outputs of Keras: " in out and "audio_embedding (audio in Keras)" in out
    assert "in float32" in out and "random" not in out
    assert sorted(file.name for file in tmp_path.iterdir()) == ["own.keras", "own.onnx"]
    x, _ = small.batch("avdln", 2, audio_dim=3)
    (found,) = onnxruntime.InferenceSession(tmp_path / "own.onnx").run(["distances"], x)
    # What bfloat16 keeps of a number is two to three digits.
    np.testing.assert_allclose(found, small.call(mixed, x)["distances"], rtol=0.05, atol=0.05)
    status, _, err = call("export", tmp_path / "own.keras", "--format", "onnx")
    assert status == 2 and "file exists" in err and "--overwrite" in err


def test_an_entry_and_no_runtime(call, tmp_path, monkeypatch):
    from ave_keras import exporting

    calls = []

    def export(model, path, format, overwrite):
        calls.append((model.name, str(path), format, overwrite))
        return Exported(path, ("audio",), {"segments": "segments"}, None, True)

    monkeypatch.setattr(exporting, "export", export)
    status, out, _ = call("export", "a", "--format", "onnx", "--overwrite")
    assert status == 0 and calls == [("a", "a.onnx", "onnx", True)]
    assert "random weights" in out and "not compared: onnxruntime is not installed; pip install" in out
    assert "ave-keras[tensorflow,export]" in out
    call("export", "a", "--format", "saved_model")
    assert calls[-1][1] == "a.saved_model"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["a", "--format", "tflite"], f"expected one of {list(FORMATS)}"),
        (["av_at", "--format", "onnx"], "Nearest: av_att"),
        (["none.keras", "--format", "onnx"], "model file not found"),
        (["broken.keras", "--format", "onnx"], "not a Keras model"),
        (["a", "--format", "litert", "--out", "broken.keras/a.tflite"], "broken.keras"),
    ],
)
def test_mistakes(call, tmp_path, monkeypatch, args, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.keras").write_bytes(b"not a model")
    status, _, err = call("export", *args)
    assert status == 2 and message in err and err.count("error: ") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["broken.keras"]
