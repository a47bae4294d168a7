"""Feature rows in GPU memory, so that batches need no copy from the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from ave_keras.data.storage.rows import finite
from ave_keras.runtime import gpus

if TYPE_CHECKING:
    from ave_keras.data.storage.rows import Rows

# Share of the free memory for one modality: four cells at a time, the default of a grid, leave more than half free.
SHARE = 1 / 8
# Number of rows copied at a time; 64 MB at the released sizes.
BLOCK = 64


def resident(rows: Rows) -> Rows | ResidentRows:
    """The same rows in GPU memory; unchanged without a GPU, or if they do not fit."""
    if int(np.prod(rows.shape)) * np.dtype(_dtype(rows)).itemsize > SHARE * gpus.free_memory():
        return rows
    try:
        return ResidentRows(rows)
    except RuntimeError:
        # Other processes have taken the memory in the meantime.
        return rows


class ResidentRows:
    """All rows of one modality as one tensor, float16 if the files are float16, else float32.

    Args:
        rows: The rows to copy.

    Attributes:
        shape: See `Rows`.
    """

    def __init__(self, rows: Rows):
        self.shape, self._rows = rows.shape, rows
        self._bad: set[int] = set()
        self._tensor = _filled(rows.shape, _dtype(rows), self._blocks())

    def _blocks(self):
        """Yields `(first row, values)` of consecutive blocks, and records rows that are not finite."""
        dtype = _dtype(self._rows)
        for start in range(0, len(self._rows), BLOCK):
            located = map(self._rows.locate, range(start, min(start + BLOCK, len(self._rows))))
            with np.errstate(over="ignore", invalid="ignore"):
                block = [np.asarray(array[row], dtype) for array, _, row in located]
                self._bad.update(start + i for i, values in enumerate(block) if not finite(values))
            yield start, np.stack(block)

    def gather(self, rows: np.ndarray, dtype: str = "float32") -> Any:
        """See `Rows.gather`; the batch is a tensor."""
        if dtype != "float32" or not self._bad.isdisjoint(rows.tolist()):
            # This raises the error for a bad row.
            return self._rows.gather(rows, dtype)
        return ops.cast(ops.take(self._tensor, rows, axis=0), dtype)


def _dtype(rows):
    return "float16" if all(array.dtype == np.float16 for array, _ in rows.parts) else "float32"


def _filled(shape, dtype, blocks):
    """A tensor filled block by block along its first axis, so that it is in memory only once."""
    whole = ops.zeros(shape, dtype)
    if keras.backend.backend() == "torch":
        for start, block in blocks:
            whole[start : start + len(block)] = ops.convert_to_tensor(block)
        return whole
    import jax

    put = jax.jit(
        lambda whole, block, start: jax.lax.dynamic_update_slice_in_dim(whole, block, start, 0), donate_argnums=0
    )
    for start, block in blocks:
        whole = put(whole, block, start)
    return jax.block_until_ready(whole)
