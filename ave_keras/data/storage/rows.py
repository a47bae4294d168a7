"""Feature rows of one modality, from where they lie to a batch."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ave_keras.errors import AVEError

FLOAT16_MAX = 65504
# The sign, and the 15 other bits of a float16 shifted by 13.
FLOAT16_BITS = np.int32(0x8FFFE000 - (1 << 32))


class Rows:
    """The rows of the data set in one modality; those of the background clips follow those of the videos.

    Args:
        *parts: `(array, name)` pairs. An array is `(n, T, …)`: an `np.memmap`, an `np.ndarray` or a `LockedArray`; its
            name, the file's path, is for messages. All have the same shape after the first axis.

    Attributes:
        shape: `(n_1 + n_2 + …, T, …)`.
    """

    def __init__(self, *parts: tuple[Any, Any]):
        self.parts = parts
        self._starts = np.cumsum([0, *(len(array) for array, _ in parts)])
        self.shape = (int(self._starts[-1]), *parts[0][0].shape[1:])

    def __len__(self):
        return self.shape[0]

    def locate(self, row: int) -> tuple[Any, Any, int]:
        """`(array, name, row inside the array)` of a row."""
        part = int(np.searchsorted(self._starts, row, side="right")) - 1
        return *self.parts[part], int(row - self._starts[part])

    def gather(self, rows: np.ndarray, dtype: str = "float32") -> np.ndarray:
        """Copies rows into one new array, converting on the way.

        Args:
            rows: `(B,)` integers, in any order; they are read in the order of the file.
            dtype: of the result.

        Returns:
            `(B, T, …)`.

        Raises:
            AVEError: a value is NaN, infinite, or too large for `dtype`.
        """
        batch = _aligned((len(rows), *self.shape[1:]), dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            for position in np.argsort(rows, kind="stable"):
                array, name, row = self.locate(rows[position])
                _copy(array[row], batch[position])
                # A row is still in the processor's cache here, so the sum that shows a NaN costs next to nothing.
                if not finite(batch[position]):
                    raise AVEError(
                        "a feature is NaN, infinite or too large",
                        file=name,
                        expected=f"finite {np.dtype(dtype).name} values",
                        found=f"row {row}, {np.count_nonzero(~np.isfinite(batch[position]))} bad values",
                        fix="Extract the row again, or drop such rows: --skip-bad, from_directory(…, skip_bad=True)",
                    )
        return batch

    def bad(
        self, rows: Iterable[int], dtype: str = "float32", advance: Callable[[int], object] = lambda n: None
    ) -> list[tuple[int, str]]:
        """The rows among `rows` that `gather` would refuse.

        Args:
            rows: `(n,)` sorted integers.
            dtype: as for `gather`.
            advance: called with the number of rows looked at.

        Returns:
            List of `(row, name)`.
        """
        found = []
        with np.errstate(over="ignore", invalid="ignore"):
            for row in map(int, rows):
                array, name, local = self.locate(row)
                # Summed at the precision of the result; float64 values too large for it become infinite, as in a batch.
                values = np.asarray(array[local], dtype)
                if not finite(values):
                    found.append((row, str(name)))
                advance(1)
        return found


def finite(values: np.ndarray) -> bool:
    """Whether no value is NaN or infinite; where their sum shows it, without a look at each."""
    return np.isfinite(values.sum(dtype="float32")) or np.isfinite(values).all()


def _copy(source, target):
    """Copies with conversion; float16 to float32 in a tenth of NumPy's time, which converts number by number."""
    if source.dtype != np.float16 or not source.dtype.isnative or target.dtype != np.float32:
        target[...] = source
        return
    # Sign, exponent and mantissa shift to their places in a float32, whose exponent then lacks 127 - 15. The products
    # are exact; a thread that flushes denormals, as TensorFlow's do, makes 0 of numbers below 6.1e-5.
    bits = target.view("int32")
    np.left_shift(source.view("int16"), 13, out=bits, dtype="int32", casting="unsafe")
    np.bitwise_and(bits, FLOAT16_BITS, out=bits)
    np.multiply(target, np.float32(2.0**112), out=target)
    # Infinity and NaN look like numbers beyond float16 after this.
    if target.max(initial=0) > FLOAT16_MAX or target.min(initial=0) < -FLOAT16_MAX:
        target[...] = source


def _aligned(shape, dtype, boundary=64):
    """An empty array at a multiple of 64 bytes: TensorFlow and JAX take such arrays over without a copy."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape)) * dtype.itemsize
    raw = np.empty(size + boundary, "uint8")
    start = -raw.ctypes.data % boundary
    return raw[start : start + size].view(dtype).reshape(shape)
