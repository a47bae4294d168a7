"""What is written answers as Keras does, in the real runtime; `benchmarks.exports` does the same for every entry."""

import keras
import numpy as np
import pytest

from ave_keras.exporting import FORMATS, conversion
from ave_keras.exporting.portable import output_names
from tests import small

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow converts for all backends")


def length(form):
    """Two seconds where LSTMs are unrolled: each further one costs a second of conversion."""
    return {"segments": 2} if form.unroll else {}


def written(name, folder, form):
    """A model, and the file of it."""
    pytest.importorskip(form.runtime)
    model = small.load(name, **length(form))
    path = folder / f"model{form.suffix}"
    conversion.convert(model, path, form)
    return model, path


def check(model, name, form, run):
    """`run` answers as `model` does, for other batch sizes than one too."""
    for videos in (1, 3):
        x, _ = small.batch(name, videos, **length(form))
        expected = small.call(model, x)
        expected = expected if isinstance(expected, dict) else {"segments": expected}
        found = run(x)
        for own, renamed in output_names(model).items():
            np.testing.assert_allclose(found[renamed], expected[own], atol=1e-4)


@pytest.mark.parametrize("name", small.KINDS)
def test_onnx(name, tmp_path):
    pytest.importorskip("tf2onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    model, path = written(name, tmp_path, FORMATS["onnx"])
    session = onnxruntime.InferenceSession(path)
    outputs = [output.name for output in session.get_outputs()]
    assert [symbol.name for symbol in session.get_inputs()] == [symbol.name for symbol in model.inputs]
    assert set(outputs) == set(output_names(model).values())
    check(model, name, FORMATS["onnx"], lambda x: dict(zip(outputs, session.run(outputs, x), strict=True)))


@pytest.mark.parametrize(
    ("name", "format"),
    [("w_av_att", "litert"), ("w_av_att", "openvino"), ("dcca", "openvino"), ("dcca", "saved_model")],
)
def test_other_formats(name, format, tmp_path):
    model, path = written(name, tmp_path, FORMATS[format])
    check(model, name, FORMATS[format], FORMATS[format].open(path))


def test_matching_takes_any_length(tmp_path):
    pytest.importorskip("tf2onnx")
    model, path = written("avdln", tmp_path, FORMATS["onnx"])
    x, _ = small.batch("avdln", segments=7)
    x["audio"] = x["audio"][:, :5]
    found = FORMATS["onnx"].open(path)(x)["distances"]
    assert found.shape == (3, 7, 5)
    np.testing.assert_allclose(found, small.call(model, x)["distances"], atol=1e-5)


def test_a_difference_is_found(tmp_path):
    model, path = written("a", tmp_path, FORMATS["saved_model"])
    assert conversion.difference(model, path, FORMATS["saved_model"]) < 1e-6
    weights = model.get_weights()
    model.set_weights([*weights[:-1], weights[-1] + np.arange(5)])
    assert 0.1 < conversion.difference(model, path, FORMATS["saved_model"]) < 1
    model.set_weights([*weights[:-1], weights[-1] * np.nan])
    assert np.isnan(conversion.difference(model, path, FORMATS["saved_model"]))
    assert conversion.difference(small.load("w_a"), path, FORMATS["saved_model"]) == np.inf
