"""What `export` refuses, and what it leaves behind."""

import importlib.util

import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.exporting import FORMATS, export, formats, process
from tests import small


@pytest.fixture
def converts(monkeypatch):
    """A conversion that writes a few bytes and reports the difference given."""

    def converts(difference):
        def convert(folder, name, form):
            for part in process._parts(folder / process.MADE / name, form):
                part.write_bytes(b"new")
            return difference

        monkeypatch.setattr(process, "_convert", convert)
        monkeypatch.setattr(formats, "find_spec", lambda module: True)

    return converts


@pytest.mark.parametrize("difference", [2e-4, np.nan, np.inf])
def test_a_wrong_file_is_not_kept(converts, tmp_path, difference):
    converts(difference)
    (tmp_path / "a.onnx").write_bytes(b"old")
    with pytest.raises(AVEError, match=r"expected within 0\.0001, found"):
        export(small.load("a"), tmp_path / "a.onnx", overwrite=True)
    assert [file.name for file in tmp_path.iterdir()] == ["a.onnx"]
    assert (tmp_path / "a.onnx").read_bytes() == b"old"


def test_what_is_written(converts, tmp_path):
    converts(1e-5)
    (tmp_path / "a.xml").write_bytes(b"old")
    found = export(small.load("avdln"), tmp_path / "a.xml", "openvino", overwrite=True)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"a.xml": b"new", "a.bin": b"new"}
    assert found.inputs == ("audio", "visual") and found.outputs["audio"] == "audio_embedding"
    assert found.difference == 1e-5 and found.float32


def test_mistakes(converts, tmp_path):
    converts(0.0)
    model = small.load("a")
    (tmp_path / "there.onnx").write_bytes(b"old")
    (tmp_path / "half.bin").write_bytes(b"old")
    (tmp_path / "folder" / "work").mkdir(parents=True)
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    for args, message in {
        (model, tmp_path / "x.onnx", "tflite"): "unknown format",
        (model, tmp_path / "x.pb", "onnx"): "expected .onnx",
        (model, tmp_path / "there.onnx", "onnx"): "file exists",
        (model, tmp_path / "half.xml", "openvino"): "half.bin",
        (other, tmp_path / "x.onnx", "onnx"): "not a model of the zoo",
    }.items():
        with pytest.raises(AVEError, match=message):
            export(*args)
    for args in ((tmp_path / "folder", "saved_model"), (tmp_path / "there.onnx", "saved_model")):
        with pytest.raises(AVEError, match="cannot replace this"):
            export(model, *args, overwrite=True)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["folder", "half.bin", "there.onnx"]


def test_missing_packages(monkeypatch, tmp_path):
    found = importlib.util.find_spec
    monkeypatch.setattr(formats, "find_spec", lambda module: None if module == "tf2onnx" else found(module))
    with pytest.raises(AVEError, match=r'needs tf2onnx, not installed here.*"ave-keras\[tensorflow,export\]"'):
        export(small.load("a"), tmp_path / "a.onnx")
    monkeypatch.setattr(formats, "find_spec", lambda module: None)
    with pytest.raises(AVEError, match=r'needs tensorflow, .*"ave-keras\[tensorflow\]"'):
        export(small.load("a"), tmp_path / "a.tflite", "litert")
    assert not FORMATS["onnx"].runs_here and not list(tmp_path.iterdir())


def test_a_process_that_ends(monkeypatch, tmp_path):
    monkeypatch.setattr(process.sys, "executable", "false")
    pytest.importorskip("tensorflow")
    with pytest.raises(AVEError, match="the conversion to litert crashed: found status 1"):
        export(small.load("a"), tmp_path / "a.tflite", "litert")
    assert not list(tmp_path.iterdir())
