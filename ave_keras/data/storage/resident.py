"""Feature rows in the memory of a GPU, where batches are gathered without the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from ave_keras.data.storage.rows import finite
from ave_keras.runtime import gpus

if TYPE_CHECKING:
    from ave_keras.data.storage.rows import Rows

# Of the memory that is free, for a modality: four cells at a time, a grid's default, leave more than half of it.
SHARE = 1 / 8
# Rows on their way at a time: 64 MB of the released maps.
BLOCK = 64


def resident(rows: Rows) -> Rows | ResidentRows:
    """The same rows in the memory of the GPU; unchanged without a GPU, or where they do not fit."""
    if int(np.prod(rows.shape)) * np.dtype(_dtype(rows)).itemsize > SHARE * gpus.free_memory():
        return rows
    try:
        return ResidentRows(rows)
    except RuntimeError:
        # What both backends raise where others have taken the memory meanwhile.
        return rows


class ResidentRows:
    """All rows of one modality as one tensor, float16 where the files hold that and float32 elsewhere.

    Args:
        rows: the `Rows`.

    Attributes:
        shape: see `Rows`.
    """

    def __init__(self, rows: Rows):
        self.shape, self._rows = rows.shape, rows
        self._bad: set[int] = set()
        self._tensor = _filled(rows.shape, _dtype(rows), self._blocks())

    def _blocks(self):
        """`(first row, values)`, one after the other; notes the rows that are not finite."""
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
            # Which refuses what cannot be used.
            return self._rows.gather(rows, dtype)
        return ops.cast(ops.take(self._tensor, rows, axis=0), dtype)


def _dtype(rows):
    return "float16" if all(array.dtype == np.float16 for array, _ in rows.parts) else "float32"


def _filled(shape, dtype, blocks):
    """A tensor of `(start, values)` along its first axis, without a second one beside it."""
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
