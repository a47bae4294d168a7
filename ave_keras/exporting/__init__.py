"""Models as files for other runtimes: ONNX, TensorFlow SavedModel, LiteRT and OpenVINO."""

from ave_keras.exporting.formats import FORMATS, Format
from ave_keras.exporting.process import Exported, export

__all__ = ["FORMATS", "Exported", "Format", "export"]
