"""Batches for `fit`, read from memory-mapped rows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from ave_keras.data.augmenting.augmentation import Augmentation
from ave_keras.data.storage.rows import Rows
from ave_keras.data.targets import ClassWeights, StaleSimilarity, Targets
from ave_keras.errors import AVEError

if TYPE_CHECKING:
    from ave_keras.data.storage.resident import ResidentRows

# Batches of at least this size are prefetched by two threads; for smaller ones, Keras' queue costs more than it saves:
# 0.1 s per epoch, and the memory of the queued batches.
PREFETCH_BYTES = 8 << 20
PREFETCHED = 2
FIRST_BATCH = "first_batch"


class AVEDataset(keras.utils.PyDataset):
    """Batches of rows of an `AVE`, in an order that depends on `(seed, epoch)` only.

    Create one with `AVE.dataset`. Features are copied from their files and converted batch by batch; large batches are
    prefetched. Use `fit(..., shuffle=False)` to keep the order: Keras' own `shuffle=True` would shuffle the batches
    again, with Python's global generator.

    Args:
        features: `{"audio": Rows, "visual": Rows}` of the modalities in `x`; `ResidentRows` for those in GPU memory.
        segment_labels: `(N, T, C)` float32.
        video_labels: `(N, C)` float32.
        rows: `(n,)` int64, the rows of the split.
        task: The form of `y`, see `targets.Targets`.
        batch_size: Videos per batch.
        shuffle: Whether to shuffle in every epoch; "first_batch" for the first batch only.
        seed: The seed of the order.
        drop_remainder: Whether to drop a last batch that is not full, unless it is the only one.
        dtype: The type of the features.
        weights: Makes the weights of a batch; without it, items have none.
        augmentation: Changes the videos of every batch; the choices depend on seed, epoch and batch only.
        **kwargs: `workers`, `max_queue_size` of `keras.utils.PyDataset`.

    Items:
        `(x, y)`. `x`: `"audio"` `(B, T, d)`, `"visual"` `(B, T, H, W, d)`. `y`: `(B, T, C)`; for the weak
        task a dict of `"video"` `(B, C)` and `"segments"` `(B, T, C)`; for SSN's, `"proposals"` and `"segments"`, the
        same array; for other outputs, a dict of their targets. With `weights`, `(x, y, sample_weight)`.

    Raises:
        AVEError: An augmentation with the targets of the released PSP, which depend on earlier batches. When a batch
            is read: a feature is NaN or infinite.

    Example:

    >>> x, y = AVE.synthetic(56, visual_shape=(7, 7, 16)).dataset("train", batch_size=8)[0]
    >>> x["visual"].shape, y.shape
    ((8, 10, 7, 7, 16), (8, 10, 29))
    """

    def __init__(
        self,
        features: Mapping[str, Rows | ResidentRows],
        segment_labels: np.ndarray,
        video_labels: np.ndarray | None,
        rows: np.ndarray,
        *,
        task: str | Mapping[str, str | tuple[str, int]] = "supervised",
        batch_size: int = 64,
        shuffle: bool | str = False,
        seed: int = 0,
        drop_remainder: bool = False,
        dtype: str = "float32",
        weights: ClassWeights | None = None,
        augmentation: Augmentation | None = None,
        **kwargs: Any,
    ):
        if batch_size < 1:
            raise AVEError("invalid batch size", key="batch_size", expected="at least 1", found=batch_size)
        read = [f for f in features.values() if isinstance(f, Rows)]
        item = sum(int(np.prod(f.shape[1:])) for f in read) * np.dtype(dtype).itemsize
        ahead = item * min(batch_size, len(rows)) >= PREFETCH_BYTES
        # Keras prefetches with two workers or more; with one, it uses no queue at all.
        super().__init__(**{"workers": 2 if ahead else 1, "max_queue_size": PREFETCHED, **kwargs})
        self.batch_size, self.shuffle, self.seed = batch_size, shuffle, seed
        self.drop_remainder, self.dtype = drop_remainder, dtype
        self._features, self._segment_labels, self._video_labels = features, segment_labels, video_labels
        self._split = np.asarray(rows, "int64")
        self._weights, self._augmentation = weights, augmentation
        self.task, self._targets = task, Targets(task)
        self._stale = StaleSimilarity(segment_labels, self._batches) if self._targets.stale else None
        if self._stale and augmentation:
            expected = "no augmentation with the target similarity_stale"
            raise AVEError("these targets depend on earlier batches", key="augment", expected=expected)
        self._failure = None
        self.set_epoch(0)

    def __len__(self):
        whole, rest = divmod(len(self._split), self.batch_size)
        return whole if whole and (self.drop_remainder or not rest) else whole + 1

    def __getitem__(self, index):
        if not 0 <= index < len(self):
            raise IndexError(f"batch {index} of {len(self)}")
        rows = self.rows[index * self.batch_size : (index + 1) * self.batch_size]
        try:
            x = {name: feature.gather(rows, self.dtype) for name, feature in self._features.items()}
        except AVEError as error:
            self._failure = error
            raise
        segments = self._segment_labels[rows]
        videos = None if self._video_labels is None else self._video_labels[rows]
        if self._augmentation:
            batch = self._augmentation(segments, videos, np.random.default_rng((self.seed, self.epoch, index)))
            x = {name: batch.gather(name, features) for name, features in x.items()}
            segments, videos = batch.segments, batch.videos
        y = self._targets(segments, videos, self.epoch)
        if self._stale:
            y[self._targets.stale] = self._stale_targets[index]
        return (x, y) if self._weights is None else (x, y, self._weights(segments, videos))

    def replace_labels(self, rows: np.ndarray, labels: np.ndarray) -> None:
        """Replaces the labels of the seconds of `rows (n,)` by `labels (n, T, C)`, which may be distributions."""
        self._segment_labels = self._segment_labels.copy()
        self._segment_labels[rows] = labels

    def set_epoch(self, epoch: int) -> None:
        """Sets the order to that of `epoch`, counted from 0, so that a resumed run equals an uninterrupted one."""
        self.epoch = epoch
        #: The row numbers in the current order.
        self.rows = self._order(epoch)
        if self._stale:
            self._stale_targets = self._stale.epoch(epoch)

    def _order(self, epoch):
        if not self.shuffle:
            return self._split
        order = np.random.default_rng((self.seed, epoch)).permutation(self._split)
        # The released PSP looks up its shuffled ids in a list that is not: only its first batch is random.
        if self.shuffle == FIRST_BATCH:
            return np.concatenate([order[: self.batch_size], self._split[self.batch_size :]])
        return order

    def _batches(self, epoch):
        order = self._order(epoch)
        return [order[n * self.batch_size : (n + 1) * self.batch_size] for n in range(len(self))]

    def on_epoch_end(self) -> None:
        """Moves on to the order of the next epoch. Keras also calls it when it builds a model: see `EpochOrder`."""
        self.set_epoch(self.epoch + 1)

    @contextlib.contextmanager
    def errors(self) -> Iterator[AVEDataset]:
        """Raises the `AVEError` of an unreadable row inside this block unchanged.

        TensorFlow reads batches in its own threads and would wrap the text of the error in one of its own.
        """
        self._failure = None
        try:
            yield self
        except AVEError:
            raise
        except Exception as error:
            if self._failure is None:
                raise
            raise self._failure from error


class EpochOrder(keras.callbacks.Callback):
    """Sets the order of a dataset to that of the current epoch.

    With it, `fit(..., initial_epoch=n)` continues exactly like an uninterrupted run.

    Args:
        dataset: The `AVEDataset` of the training.
    """

    def __init__(self, dataset: AVEDataset):
        super().__init__()
        self.dataset = dataset

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Sets the order before Keras reads the first batch of the epoch."""
        self.dataset.set_epoch(epoch)
