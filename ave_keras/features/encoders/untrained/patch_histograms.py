"""Histograms of color and of gradient orientation per cell: a visual encoder that needs no weights."""

import numpy as np

from ave_keras.errors import AVEError

HUES, LEVELS, GREYS = 8, 3, 8
ORIENTATIONS, PARTS = 8, 2
DEPTH = HUES * LEVELS + GREYS + ORIENTATIONS * PARTS**2
# Colors less saturated than this count as grey; above it, there are LEVELS steps up to 1.
GREY = 0.15


class PatchHistograms:
    """Color and edges of each cell of the picture, a `VisualEncoder`.

    A cell has 64 numbers: the shares of its pixels with one of 8 hues in 3 steps of saturation (24) or, below a
    saturation of 0.15, one of 8 shades of grey (8), and the mean gradient in 8 directions in each quarter of the cell
    (32). They are averaged over the
    pictures of a second. Nothing is learned: the encoder knows colors and edges, and no objects.

    Args:
        grid: The `(h, w)` of the map of cells.
        cell: Pixels of a cell in both directions, an even number.
        frames_per_second: The number of pictures per second to average.

    Raises:
        AVEError: An argument is invalid.

    Example:

    >>> PatchHistograms()(np.zeros((10, 2, 112, 112, 3), "uint8")).shape
    (10, 7, 7, 64)

    Reference:
        Dalal and Triggs, Histograms of Oriented Gradients for Human Detection, CVPR 2005, for the gradients.
    """

    name, weights = "patches", "no weights needed"

    def __init__(self, grid: tuple[int, int] = (7, 7), cell: int = 16, frames_per_second: int = 2):
        sizes = {"grid": min(grid), "cell": cell if cell % 2 == 0 else 0, "frames_per_second": frames_per_second}
        for key, size in sizes.items():
            if size < 1:
                expected = "an even number, 2 or more" if key == "cell" else "1 or more"
                raise AVEError("invalid encoder 'patches'", key=key, expected=expected, found=locals()[key])
        self.grid, self.cell, self.frames_per_second = tuple(grid), cell, frames_per_second
        self.size = (grid[0] * cell, grid[1] * cell)
        self.shape = (*self.grid, DEPTH)

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Encodes `(T, n, H, W, 3)` uint8 as `(T, h, w, 64)` float32."""
        return np.stack([np.mean([self._picture(np.float32(f) / 255) for f in second], axis=0) for second in frames])

    def _picture(self, picture):
        colors = self._histogram(_color_bins(picture), np.ones(self.size, "float32"), self.cell, DEPTH - 32)
        grey = picture.mean(axis=-1)
        down, right = np.gradient(grey)
        # Level, upright and diagonal edges lie in the middle of a bin.
        bins = np.round(np.arctan2(down, right) / np.pi * ORIENTATIONS).astype(int) % ORIENTATIONS
        edges = self._histogram(bins, np.hypot(down, right), self.cell // PARTS, ORIENTATIONS)
        h, w = self.grid
        edges = edges.reshape(h, PARTS, w, PARTS, ORIENTATIONS).transpose(0, 2, 1, 3, 4).reshape(h, w, -1)
        # Edges are about as large as the shares of colors then.
        return np.concatenate([colors, np.sqrt(edges)], axis=-1)

    def _histogram(self, bins, weights, side, count):
        """The mean of `weights` per bin in squares of `side` pixels: `(H / side, W / side, count)` float32."""
        rows, columns = (n // side for n in self.size)
        row, column = np.indices(self.size) // side
        place = (row * columns + column) * count + bins
        sums = np.bincount(place.ravel(), weights.ravel(), rows * columns * count)
        return np.float32(sums.reshape(rows, columns, count) / side**2)


def _color_bins(picture):
    """The bin of every pixel `(H, W)`: hue and saturation, then shades of grey."""
    top, bottom = picture.max(axis=-1), picture.min(axis=-1)
    span = np.maximum(top - bottom, 1e-6)
    red, green, blue = np.moveaxis(picture, -1, 0)
    sixth = np.where(
        top == red, (green - blue) / span % 6, np.where(top == green, (blue - red) / span + 2, (red - green) / span + 4)
    )
    hue = (sixth / 6 * HUES).astype(int) % HUES
    saturation = (top - bottom) / np.maximum(top, 1e-6)
    level = np.clip((saturation - GREY) / (1 - GREY) * LEVELS, 0, LEVELS - 1).astype(int)
    shade = np.minimum((top * GREYS).astype(int), GREYS - 1)
    return np.where(saturation > GREY, hue * LEVELS + level, HUES * LEVELS + shade)
