"""Visual maps averaged over their cells once, instead of in every training step."""

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

# Number of videos read at a time; 12 MB at the released sizes.
BLOCK = 12


def pooled(ave: AVE, folder: str | Path | None = None) -> AVE:
    """The same data set with the mean `(T, d)` of each visual map `(T, H, W, d)` in place of the map.

    The maps are read once, a few videos at a time. The float32 means are stored in a memory-mapped file: in `folder`,
    where later calls and other processes reuse them, or in a temporary file. The mean of a map with NaN or infinite
    cells is NaN or infinite, too, so that reading its row is still an error.

    Args:
        ave: The data set.
        folder: The folder to store the means in, which must belong to this data set; None for a temporary file.

    Returns:
        A data set; the given one if it has no visual features, or vectors already.

    Raises:
        AVEError: The means cannot be written.
    """
    shape = ave.input_shape("visual")
    if shape is None or len(shape) == 2:
        return ave
    try:
        parts = _parts(ave, folder)
    except OSError as error:
        raise AVEError(
            "cannot write averaged visual maps",
            file=folder or tempfile.gettempdir(),
            found=error.strerror or type(error).__name__,
            fix="Free some space: the means are float32 of shape (videos, T, d)",
        ) from error
    other = copy.copy(ave)
    other.features = Features(**parts, folder=ave.features.folder)
    return other


def _parts(ave, folder):
    """`{"main": {modality: (array, name)}, "background": …}` with vectors instead of maps."""
    parts = {}
    for name in ("main", "background"):
        every = dict(getattr(ave.features, name))
        if "visual" in every:
            array, source = every["visual"]
            every["visual"] = _means(array, folder and Path(folder) / f"{name}.float32"), source
        parts[name] = every
    return parts


def _means(array, path):
    """Averages `(n, T, H, W, d)` into a memory-mapped `(n, T, d)`, or opens `path` if it exists."""
    shape = (*array.shape[:2], array.shape[-1])
    if path is None:
        # The file is deleted with the array. The system can write its pages out, so that memory stays bounded.
        with tempfile.TemporaryFile() as file:
            _write(file, array)
            return np.memmap(file, "float32", "r", shape=shape)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Several processes may do this at the same time: each writes its own file and renames it when complete.
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
    # Writing through the memory map would kill the process on a full disk.
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(array), BLOCK):
            file.write(np.asarray(array[start : start + BLOCK], "float32").mean((2, 3)).tobytes())
    file.flush()
