"""Batches for `fit`, gathered from memory-mapped rows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from ave_keras.data.storage.rows import Rows
from ave_keras.errors import AVEError

if TYPE_CHECKING:
    from ave_keras.data.storage.resident import ResidentRows

# From this size on, a batch is worth two threads that read ahead. Keras' queue costs 0.1 s an epoch, and each batch in
# it its memory.
PREFETCH_BYTES = 8 << 20
PREFETCHED = 2
TASKS = ("supervised", "weak", "proposals")


class AVEDataset(keras.utils.PyDataset):
    """Batches of rows of an `AVE`, in an order that depends on nothing but `(seed, epoch)`.

    Made by `AVE.dataset`. Features are copied from their files batch by batch and converted on the way; large batches
    are read ahead. `fit(..., shuffle=False)` keeps the order; Keras' own `shuffle=True` shuffles the batches once more,
    by Python's global generator.

    Args:
        features: `{"audio": Rows, "visual": Rows}`, what the model takes; `ResidentRows` in the memory of a GPU.
        segment_labels: `(N, T, C)` float32.
        video_labels: `(N, C)` float32.
        rows: `(n,)` int64, the rows of the split.
        task: what `y` holds, one of `TASKS`.
        batch_size: videos per batch.
        shuffle: whether every epoch has an order of its own.
        seed: of these orders.
        drop_remainder: leaves out a last batch that is not full, unless it is the only one.
        dtype: of the features.
        **kwargs: `workers`, `max_queue_size` of `keras.utils.PyDataset`.

    Items:
        `(x, y)`. `x`: `"audio"` `(B, T, d)`, `"visual"` `(B, T, H, W, d)`. `y`: `(B, T, C)`; for the weak
        task a dict of `"video"` `(B, C)` and `"segments"` `(B, T, C)`; for SSN's, `"proposals"` and `"segments"`, the
        same array.

    Raises:
        AVEError: when a batch is read and a feature is NaN or infinite.

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
        task: str = "supervised",
        batch_size: int = 64,
        shuffle: bool = False,
        seed: int = 0,
        drop_remainder: bool = False,
        dtype: str = "float32",
        **kwargs: Any,
    ):
        if batch_size < 1:
            raise AVEError("no batch", key="batch_size", expected="at least 1", found=batch_size)
        read = [f for f in features.values() if isinstance(f, Rows)]
        item = sum(int(np.prod(f.shape[1:])) for f in read) * np.dtype(dtype).itemsize
        ahead = item * min(batch_size, len(rows)) >= PREFETCH_BYTES
        # Keras reads ahead with two workers or more; with one, the queue is left out altogether.
        super().__init__(**{"workers": 2 if ahead else 1, "max_queue_size": PREFETCHED, **kwargs})
        self.batch_size, self.shuffle, self.seed = batch_size, shuffle, seed
        self.drop_remainder, self.dtype = drop_remainder, dtype
        self._features, self._segment_labels, self._video_labels = features, segment_labels, video_labels
        self._split = np.asarray(rows, "int64")
        self.task = task
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
        if self.task == "weak":
            return x, {"video": self._video_labels[rows], "segments": segments}
        return x, {"proposals": segments, "segments": segments} if self.task == "proposals" else segments

    def set_epoch(self, epoch: int) -> None:
        """Makes the order that of `epoch`, counted from 0: a resumed run goes on as if it had never stopped."""
        self.epoch = epoch
        order = np.random.default_rng((self.seed, epoch)).permutation(self._split) if self.shuffle else self._split
        #: The row numbers in the present order.
        self.rows = order

    def on_epoch_end(self) -> None:
        """Goes to the next epoch's order. Keras calls it, once more where it builds a model: see `EpochOrder`."""
        self.set_epoch(self.epoch + 1)

    @contextlib.contextmanager
    def errors(self) -> Iterator[AVEDataset]:
        """Inside this block an unreadable row is raised as the `AVEError` it is.

        TensorFlow reads batches in threads of its own and passes on no more than an error's text, inside a message of
        its own.
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
    """Gives a dataset the order of the epoch that `fit` is at.

    With it, `fit(..., initial_epoch=n)` goes on exactly as an undisturbed run.

    Args:
        dataset: the `AVEDataset` that is trained on.
    """

    def __init__(self, dataset: AVEDataset):
        super().__init__()
        self.dataset = dataset

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Comes before Keras starts to read the epoch's batches."""
        self.dataset.set_epoch(epoch)
