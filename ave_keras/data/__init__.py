"""Annotations, features and labels in the official AVE layout, and batches of them."""

from ave_keras.data.annotations import Annotation, read_annotations, write_annotations
from ave_keras.data.ave import AVE
from ave_keras.data.dataset import AVEDataset, EpochOrder
from ave_keras.data.pairs import PairDataset, pair_dataset

__all__ = [
    "AVE",
    "AVEDataset",
    "Annotation",
    "EpochOrder",
    "PairDataset",
    "pair_dataset",
    "read_annotations",
    "write_annotations",
]
