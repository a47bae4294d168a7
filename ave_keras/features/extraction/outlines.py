"""From the outline of a source in pixels to the cells of a visual map."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ave_keras.data import layout
from ave_keras.data.storage.hdf5 import FEATURES, open_array
from ave_keras.data.storage.writing import write_rows


def source_cells(outline: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """The cells of a map that a source covers.

    Args:
        outline: `(T, H, W)` bool, the pixels of the source.
        grid: The `(h, w)` of the map, which covers the whole picture.

    Returns:
        `(T, h, w)` uint8, 1 for cells that are covered by more than half; for a source that covers no cell by half,
        the one that it covers most.
    """
    rows, columns = (np.arange(n) * size // n for n, size in zip(grid, outline.shape[1:], strict=True))
    sums = np.add.reduceat(np.add.reduceat(outline.astype("float64"), rows, axis=1), columns, axis=2)
    sizes = np.outer(*(np.diff([*e, n]) for e, n in zip((rows, columns), outline.shape[1:], strict=True)))
    shares = sums / sizes
    most = shares.max(axis=(1, 2), keepdims=True)
    return ((shares > 0.5) | ((shares == most) & (most > 0) & (most <= 0.5))).astype("uint8")


def write_source_mask(
    path: Path, outlines: Path, annotations: int, rows: Sequence[int], segments: int, grid: tuple[int, int]
) -> None:
    """Writes `source_mask.h5` from the outlines of composed films.

    Args:
        path: The file to write.
        outlines: `outlines.h5` beside the annotations, `(annotations, T, H, W)`.
        annotations: The number of annotations.
        rows: Those to write.
        segments: T of the features; outlines are cut, or end with seconds without a source.
        grid: The `(h, w)` of the features.

    Raises:
        AVEError: The outlines are not those of these annotations.
    """
    pixels = open_array(outlines, FEATURES, shape=(annotations, None, None, None))

    def cells(row):
        found = source_cells(np.asarray(pixels[row])[:segments] > 0, grid)
        return np.pad(found, ((0, segments - len(found)), (0, 0), (0, 0)))[None]

    write_rows(path, FEATURES, (len(rows), segments, *grid), "uint8", (cells(row) for row in rows))


def outlines_of(listing_file: Path, official: bool) -> Path | None:
    """The outlines beside the annotations of composed films; None without."""
    path = listing_file.parent / layout.OUTLINES
    return path if official and path.is_file() else None
