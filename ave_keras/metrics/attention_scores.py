"""Whether attention finds the source of the sound: the pointing game and the attention mass, in NumPy."""

import numpy as np

from ave_keras.errors import AVEError


def pointing_game(maps, mask):
    """The share of event segments whose largest attention weight lies on the source.

    Of k cells that share the largest weight, the share of them on the source counts, so that a model that looks
    everywhere alike scores `source_area`, and no better.

    Args:
        maps: `(N, T, H, W)` attention weights.
        mask: `(N, T, H, W)`, 1 on the cells of the source, 0 elsewhere; segments without any are left out.

    Returns:
        A share; NaN where no segment has a source.

    Raises:
        AVEError: the shapes differ.

    Example:

    >>> pointing_game(ave_keras.attention_maps(model, ave.dataset("test")), ave.source_mask[ave.split("test")])

    Reference:
        Zhang et al., Top-down Neural Attention by Excitation Backprop, ECCV 2016, Sec. 4.1: the pointing game.
    """
    maps, mask = _events(maps, mask)
    largest = maps == maps.max(axis=-1, keepdims=True)
    return _mean((largest & mask).sum(axis=-1) / largest.sum(axis=-1))


def attention_mass(maps, mask):
    """The attention weight inside the source, the mean over event segments; arguments as of `pointing_game`."""
    maps, mask = _events(maps, mask)
    return _mean((maps * mask).sum(axis=-1))


def source_area(mask):
    """Chance for both: the share of the cells that are source, the mean over event segments of `(N, T, H, W)`."""
    return attention_mass(np.full(np.shape(mask), 1 / np.prod(np.shape(mask)[2:])), mask)


def _events(maps, mask):
    """`(segments, cells)` float64 weights and booleans of the segments that have a source."""
    maps, mask = np.asarray(maps, "float64"), np.asarray(mask) > 0
    if maps.shape != mask.shape or maps.ndim != 4:
        raise AVEError(
            "attention maps and source cells of different shapes",
            expected=f"(N, T, H, W), as the mask's {mask.shape}",
            found=maps.shape,
        )
    maps, mask = (array.reshape(-1, array.shape[2] * array.shape[3]) for array in (maps, mask))
    event = mask.any(axis=-1)
    return maps[event], mask[event]


def _mean(values):
    return float(values.mean()) if values.size else float("nan")
