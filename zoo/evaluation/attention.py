"""How well a model's attention finds the sound source on a split."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ave_keras.data import layout
from ave_keras.localization.attention import attention_maps, has_attention
from ave_keras.metrics import attention_mass, pointing_game, source_area

if TYPE_CHECKING:
    import keras

    from ave_keras.data.ave import AVE


@dataclass(frozen=True)
class AttentionScore:
    """`{"pointing_game": share, "attention_mass": share}` of a model, and `{name: the same}` of trivial references."""

    metrics: dict
    references: dict


def attention_scores(model: keras.Model, ave: AVE, split: str, batch_size: int = 64) -> AttentionScore | None:
    """The `AttentionScore` of a model on a split of `ave`, see `ave_keras.metrics.pointing_game`.

    Returns:
        None if the model has no attention, the source cells are unknown, or no segment of the split has any.
    """
    if ave.source_mask is None or not has_attention(model):
        return None
    mask = np.stack([ave.source_mask[row] for row in ave.split(split)])
    if not mask.any():
        return None
    shape = (ave.input_shape("visual") or ())[:3]
    if mask.shape[1:] != shape:
        warnings.warn(
            f"{layout.SOURCE_MASK} of {ave.title} is {mask.shape[1:]}, features {shape}: not used", stacklevel=2
        )
        return None
    maps = attention_maps(model, ave.dataset(split, batch_size=batch_size))
    chance = source_area(mask)
    return AttentionScore(
        {"pointing_game": pointing_game(maps, mask), "attention_mass": attention_mass(maps, mask)},
        {"chance: looking everywhere alike": {"pointing_game": chance, "attention_mass": chance}},
    )
