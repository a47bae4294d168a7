"""Batches of pairs of sound and picture, for models that match the two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ave_keras.data.dataset import AVEDataset
from ave_keras.data.layout import MODALITIES
from ave_keras.data.pairs import NEGATIVES, PAIRS, official_pairs, partners, synchronised_pairs
from ave_keras.errors import AVEError

if TYPE_CHECKING:
    from ave_keras.data.ave import AVE
    from ave_keras.data.storage.resident import ResidentRows
    from ave_keras.data.storage.rows import Rows

LEARNS = ("distances", "views")


class PairDataset(AVEDataset):
    """Batches of pairs, in an order that depends on `(seed, epoch)` only.

    Create one with `pair_dataset`. See `AVEDataset` for features and order.

    Args:
        features: `{"audio": Rows, "visual": Rows}`.
        segment_labels: `(N, T, C)` float32, background last.
        rows: `(n,)` int64, the rows of the split.
        pairs: One of `PAIRS`.
        negatives: One of `NEGATIVES`, for synchronised pairs.
        learns: The form of `y`. `"distances"`: which pairs are true, for a contrastive loss; `"views"`: which seconds
            contain an event, for canonical correlation, which learns from true pairs only.
        **kwargs: Arguments of `AVEDataset`.

    Items:
        `(x, {"distances": y}, {"distances": weight})`, y and weight `(B, T, T)` or `(2 B, T, T)`, see
        `synchronised_pairs`; or `(x, {"views": y})`, y `(B, T, 1)`.

    Example:

    >>> x, y, weight = pair_dataset(AVE.synthetic(56, visual_shape=(7, 7, 16)), "train_match", batch_size=8)[0]
    >>> x["visual"].shape, y["distances"].shape
    ((16, 10, 7, 7, 16), (16, 10, 10))
    """

    def __init__(
        self,
        features: Mapping[str, Rows | ResidentRows],
        segment_labels: np.ndarray,
        rows: np.ndarray,
        *,
        pairs: str | None = "synchronised",
        negatives: str | None = "both",
        learns: str = "distances",
        **kwargs: Any,
    ):
        for key, value, known in (
            ("pairs", pairs, PAIRS),
            ("negatives", negatives, NEGATIVES if pairs == "synchronised" else (*NEGATIVES, None)),
            ("learns", learns, LEARNS),
        ):
            if value not in known:
                raise AVEError("invalid pairs", key=key, expected=f"one of {known}", found=repr(value))
        self.pairs, self.negatives, self.learns = pairs, negatives, learns
        super().__init__(features, segment_labels, None, rows, **kwargs)

    def __getitem__(self, index):
        x, segments = super().__getitem__(index)
        event = segments[..., -1] == 0
        if self.learns == "views":
            return x, {"views": event[..., None].astype("float32")}
        if self.pairs == "official":
            y, weight = official_pairs(event)
            return x, {"distances": y}, {"distances": weight}
        y, weight = synchronised_pairs(event, self.negatives)
        if len(y) > len(event):
            # Pictures of one video with the sounds of the next follow those of the same video.
            audio, visual = x["audio"], x["visual"]
            x = {"audio": np.concatenate([audio, partners(audio)]), "visual": np.concatenate([visual, visual])}
        return x, {"distances": y}, {"distances": weight}


def pair_dataset(ave: AVE, split: str, **options: Any) -> PairDataset:
    """A `PairDataset` of a split of an `AVE`.

    Args:
        ave: An `AVE`.
        split: Name of the split, such as "train_match".
        **options: Arguments of `PairDataset` and `AVEDataset`: `pairs`, `negatives`, `learns`, `batch_size`, `shuffle`,
            `seed`, `drop_remainder`, `dtype`.

    Raises:
        AVEError: An unknown split or option value; a missing feature file.
    """
    features = {modality: ave.features.rows(modality) for modality in MODALITIES}
    return PairDataset(features, ave.labels, ave.split(split), **options)
