"""Visual maps averaged over their cells once, for models that would average them again in every step."""

from __future__ import annotations

import copy
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ave_keras.data.features import Features
from ave_keras.errors import AVEError

if TYPE_CHECKING:
    from ave_keras.data.ave import AVE

# Maps read at a time: 12 MB of the released ones.
BLOCK = 12


def pooled(ave: AVE, folder: str | Path | None = None) -> AVE:
    """The same data set with the mean of each visual map, `(T, d)`, in place of the map, `(T, H, W, d)`.

    The maps are read once, a few videos at a time. The means, float32, lie in a file that is memory-mapped: in
    `folder`, where the next call and other processes find them, or in one that ends with this data set. A map with NaN
    or infinite cells has such a mean, so that its row is refused when it is used, as before.

    Args:
        ave: an `AVE`.
        folder: where the means are kept, of this data set alone; None keeps them for the returned object only.

    Returns:
        An `AVE`; the given one where its visual features are absent or vectors already.

    Raises:
        AVEError: there is no room for them.
    """
    shape = ave.input_shape("visual")
    if shape is None or len(shape) == 2:
        return ave
    try:
        parts = _parts(ave, folder)
    except OSError as error:
        raise AVEError(
            "averaged visual maps cannot be written",
            file=folder or tempfile.gettempdir(),
            found=error.strerror or type(error).__name__,
            fix="Make room: they take a float32 of the shape (videos, T, d)",
        ) from error
    other = copy.copy(ave)
    other.features = Features(**parts, folder=ave.features.folder)
    return other


def _parts(ave, folder):
    """`{"main": {modality: (array, name)}, "background": …}` with vectors for maps."""
    parts = {}
    for name in ("main", "background"):
        every = dict(getattr(ave.features, name))
        if "visual" in every:
            array, source = every["visual"]
            every["visual"] = _means(array, folder and Path(folder) / f"{name}.float32"), source
        parts[name] = every
    return parts


def _means(array, path):
    """`(n, T, H, W, d)` to a memory-mapped `(n, T, d)`; read from `path` where it is there."""
    shape = (*array.shape[:2], array.shape[-1])
    if path is None:
        # Gone with the array; its pages are the system's to write out, so memory stays bounded.
        with tempfile.TemporaryFile() as file:
            _write(file, array)
            return np.memmap(file, "float32", "r", shape=shape)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Several processes may be at it; each has a file of its own until it is whole.
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as file:
            try:
                _write(file, array)
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    return np.memmap(path, "float32", "r", shape=shape)


def _write(file, array):
    # Not through the memory map: where there is no room, that ends the process.
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(array), BLOCK):
            file.write(np.asarray(array[start : start + BLOCK], "float32").mean((2, 3)).tobytes())
    file.flush()
