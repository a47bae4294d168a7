"""Measures whether attention finds the source of the sound: pointing game and attention mass, in NumPy."""

import numpy as np

from ave_keras.errors import AVEError


def pointing_game(maps: np.ndarray, mask: np.ndarray) -> float:
    """The share of event segments with the largest attention weight on the source.

    If several cells share the largest weight, the segment counts with the share of these cells on the source. Uniform
    attention therefore scores `source_area`.

    Args:
        maps: `(N, T, H, W)` attention weights.
        mask: `(N, T, H, W)`, 1 on the cells of the source, else 0. Segments without a source are ignored.

    Returns:
        The share; NaN if no segment has a source.

    Raises:
        AVEError: The shapes differ.

    Example:

    >>> pointing_game(ave_keras.attention_maps(model, ave.dataset("test")), ave.source_mask[ave.split("test")])

    Reference:
        Zhang et al., Top-down Neural Attention by Excitation Backprop, ECCV 2016, Sec. 4.1: the pointing game.
    """
    maps, mask = _events(maps, mask)
    largest = maps == maps.max(axis=-1, keepdims=True)
    return _mean((largest & mask).sum(axis=-1) / largest.sum(axis=-1))


def attention_mass(maps: np.ndarray, mask: np.ndarray) -> float:
    """The mean attention weight on the source over event segments; same arguments as `pointing_game`."""
    maps, mask = _events(maps, mask)
    return _mean((maps * mask).sum(axis=-1))


def source_area(mask: np.ndarray) -> float:
    """The chance level of both metrics: the mean share of source cells in event segments of `(N, T, H, W)`."""
    return attention_mass(np.full(np.shape(mask), 1 / np.prod(np.shape(mask)[2:])), mask)


def _events(maps, mask):
    """The weights (float64) and mask (boolean) of the segments with a source, `(segments, cells)`."""
    maps, mask = np.asarray(maps, "float64"), np.asarray(mask) > 0
    if maps.shape != mask.shape or maps.ndim != 4:
        raise AVEError(
            "attention maps and mask have different shapes",
            expected=f"(N, T, H, W), like the mask's {mask.shape}",
            found=maps.shape,
        )
    maps, mask = (array.reshape(-1, array.shape[2] * array.shape[3]) for array in (maps, mask))
    event = mask.any(axis=-1)
    return maps[event], mask[event]


def _mean(values):
    return float(values.mean()) if values.size else float("nan")
