"""Weights under the names of the authors' released files: read without PyTorch, put into models, written out again."""

from ave_keras.checkpoints.reading import SUFFIXES, is_checkpoint, read
from ave_keras.checkpoints.transfer import export_weights, import_weights
from ave_keras.checkpoints.writing import write

__all__ = ["SUFFIXES", "export_weights", "import_weights", "is_checkpoint", "read", "write"]
