"""Feature rows in the memory of a GPU, where batches are gathered without the host."""

import keras
import numpy as np
from keras import ops

from ave_keras import gpus

# Of a GPU's memory: four cells, as many as a grid has at a time by default, leave half of it free.
SHARE = 1 / 8
# Rows on their way at a time: 64 MB of the released maps.
BLOCK = 64


def resident(rows):
    """The same `Rows` in the memory of the GPU; as they are where there is none, or they take too much of it.

    TensorFlow's `fit` takes batches from the host alone, and so does training on several GPUs.
    """
    size = int(np.prod(rows.shape)) * np.dtype(_dtype(rows)).itemsize
    fits = keras.distribution.distribution() is None and size <= SHARE * gpus.memory()
    return ResidentRows(rows) if fits else rows


class ResidentRows:
    """All rows of one modality as one tensor, float16 where the files hold that and float32 elsewhere.

    Args:
        rows: the `Rows`.

    Attributes:
        shape: see `Rows`.
    """

    def __init__(self, rows):
        self.shape, self._rows, self._bad, dtype = rows.shape, rows, set(), _dtype(rows)
        blocks = []
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, len(rows), BLOCK):
                located = [rows.locate(row) for row in range(start, min(start + BLOCK, len(rows)))]
                block = np.stack([np.asarray(array[row], dtype) for array, _, row in located])
                finite = np.isfinite(block.reshape(len(block), -1).sum(1, dtype="float32"))
                self._bad.update((start + np.flatnonzero(~finite)).tolist())
                blocks.append(ops.convert_to_tensor(block))
        self._tensor = ops.concatenate(blocks)

    def gather(self, rows, dtype="float32"):
        """See `Rows.gather`; the batch is a tensor."""
        if dtype != "float32" or not self._bad.isdisjoint(rows.tolist()):
            # Which refuses what cannot be used.
            return self._rows.gather(rows, dtype)
        return ops.cast(ops.take(self._tensor, rows, axis=0), dtype)


def _dtype(rows):
    return "float16" if all(array.dtype == np.float16 for array, _ in rows.parts) else "float32"
