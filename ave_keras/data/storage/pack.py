"""Conversion of features to contiguous float16, a quarter of the released float64 files."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ave_keras.data import layout
from ave_keras.data.ave import AVE
from ave_keras.data.storage.hdf5 import FEATURES, open_array
from ave_keras.data.storage.writing import new_files, spans, write_rows
from ave_keras.errors import AVEError


def pack(
    folder: str | Path,
    out: str | Path,
    *,
    force: bool = False,
    start: Callable[[str, int], object] = lambda name, rows: None,
    advance: Callable[[int], object] = lambda rows: None,
) -> tuple[int, int]:
    """Writes a copy of a data set whose features are contiguous float16 arrays.

    Args:
        folder: The data set, a folder in the official layout.
        out: The output folder.
        force: Whether to replace a data set in `out`.
        start: a function called with the name and number of rows of each feature file.
        advance: a function called with the number of rows just converted.

    Returns:
        `(bytes before, bytes after)` of the feature files.

    Raises:
        AVEError: An invalid data set; a value that is NaN, infinite or beyond float16's 65504; `out` cannot be written.
    """
    folder, out = Path(folder), Path(out)
    AVE.from_directory(folder)
    large = sorted(path for pattern in layout.LARGE_FILES for path in folder.glob(pattern))
    if not large:
        raise AVEError(
            "no features to pack", file=folder, expected=layout.LARGE_FILES[0], found="none", fix=layout.WHERE
        )
    if out.resolve() == folder.resolve():
        raise AVEError("cannot pack a data set in place", file=out, fix="Choose another output folder")
    before = after = 0
    with new_files(out, force) as new:
        for source in large:
            array = open_array(source, FEATURES)
            start(source.name, len(array))
            write_rows(new(source.name), FEATURES, array.shape, "float16", _blocks(array, source, advance))
            before += array.dtype.itemsize * int(np.prod(array.shape))
            after += 2 * int(np.prod(array.shape))
        for pattern in layout.SMALL_FILES:
            for source in sorted(folder.glob(pattern)):
                shutil.copyfile(source, new(source.name))
    return before, after


def _blocks(array, source, advance):
    row_bytes = array.dtype.itemsize * int(np.prod(array.shape[1:]))
    for start, end in spans(len(array), row_bytes):
        values = array[start:end]
        with np.errstate(over="ignore", invalid="ignore"):
            packed = np.asarray(values, "float16")
        finite = np.isfinite(packed)
        if not finite.all():
            position = tuple(np.argwhere(~finite)[0])
            raise AVEError(
                "a feature does not fit float16",
                file=source,
                key=FEATURES,
                expected="finite values up to 65504",
                found=f"{values[position]} in row {start + position[0]}",
                fix="Extract the row again, or use the unpacked data set with --skip-bad",
            )
        yield packed
        advance(end - start)
