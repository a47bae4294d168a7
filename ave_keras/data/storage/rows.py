"""Feature rows of one modality, gathered into batches."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ave_keras.errors import AVEError

FLOAT16_MAX = 65504
# Mask for the sign and the other 15 bits of a float16, shifted by 13.
FLOAT16_BITS = np.int32(0x8FFFE000 - (1 << 32))


class Rows:
    """The rows of one modality: videos first, then background clips.

    Args:
        *parts: `(array, name)` pairs. An array `(n, T, …)` is an `np.memmap`, an `np.ndarray` or a `LockedArray`; the
            name is the path of its file, for messages. All have the same shape after the first axis.

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
        """Copies rows into a new array and converts them.

        Args:
            rows: `(B,)` row numbers in any order; they are read in the order of the file.
            dtype: The type of the result.

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
                # The row is still in the CPU cache here, so that this check is almost free.
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
        """The rows for which `gather` would raise an error.

        Args:
            rows: `(n,)` sorted row numbers.
            dtype: As for `gather`.
            advance: a function called with the number of rows just checked.

        Returns:
            List of `(row, name)`.
        """
        found = []
        with np.errstate(over="ignore", invalid="ignore"):
            for row in map(int, rows):
                array, name, local = self.locate(row)
                # Converted as in a batch: float64 values that are too large become infinite.
                values = np.asarray(array[local], dtype)
                if not finite(values):
                    found.append((row, str(name)))
                advance(1)
        return found


def check_row_numbers(rows: ArrayLike, count: int, file: Path | None = None) -> np.ndarray:
    """Row numbers `(n,)` as int64.

    Raises:
        AVEError: They are empty, not integers, or not in 0 to `count - 1`.
    """
    rows = np.asarray(rows)
    if not rows.size:
        raise AVEError("empty split", expected="at least one row", found="none")
    if rows.ndim != 1 or rows.dtype.kind not in "iu":
        raise AVEError("invalid row numbers", expected="(n,) integers", found=f"{rows.shape} {rows.dtype}")
    if rows.min() < 0 or rows.max() >= count:
        outside = rows.min() if rows.min() < 0 else rows.max()
        raise AVEError("row number out of range", file=file, expected=f"0 to {count - 1}", found=outside)
    return rows.astype("int64")


def finite(values: np.ndarray) -> bool:
    """Whether all values are finite. A finite sum proves it, which is cheaper than checking each value."""
    return np.isfinite(values.sum(dtype="float32")) or np.isfinite(values).all()


def _copy(source, target):
    """Copies with conversion; float16 to float32 takes a tenth of the time of NumPy's own conversion."""
    if source.dtype != np.float16 or not source.dtype.isnative or target.dtype != np.float32:
        target[...] = source
        return
    # Shift sign, exponent and mantissa to their places in a float32, then correct the exponent by 127 - 15. The
    # products are exact, but threads that flush denormals, such as TensorFlow's, turn numbers below 6.1e-5 into 0.
    bits = target.view("int32")
    np.left_shift(source.view("int16"), 13, out=bits, dtype="int32", casting="unsafe")
    np.bitwise_and(bits, FLOAT16_BITS, out=bits)
    np.multiply(target, np.float32(2.0**112), out=target)
    # Infinity and NaN have become numbers beyond the range of float16.
    if target.max(initial=0) > FLOAT16_MAX or target.min(initial=0) < -FLOAT16_MAX:
        target[...] = source


def _aligned(shape, dtype, boundary=64):
    """An empty array aligned to 64 bytes, which TensorFlow and JAX use without a copy."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape)) * dtype.itemsize
    raw = np.empty(size + boundary, "uint8")
    start = -raw.ctypes.data % boundary
    return raw[start : start + size].view(dtype).reshape(shape)
