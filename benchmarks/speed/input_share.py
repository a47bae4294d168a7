"""The share of training time lost to the input: waiting for batches, and slowdown by the workers that load them."""

import time

import keras

from ave_keras.data import AVE
from ave_keras.data.storage.pooling import pooled
from zoo.training.fitting import train_dataset


def from_file(entry, model, folder, batch_size):
    """The training split of the data set in a folder, as a dataset for `model`."""
    # Negatives within a video keep the number of rows per step of matching equal to that of the batch in memory.
    negatives = "within" if entry.recipe.negatives else None
    entry = entry.with_recipe(batch_size=batch_size, shuffle=True, drop_remainder=True, negatives=negatives)
    ave = AVE.from_directory(folder)
    if "visual" in entry.modalities and len(model.input["visual"].shape) == 3:
        ave = pooled(ave, folder / "means")
    return train_dataset(entry, ave)


def input_share(model, data, train, at_once=1, steps=8):
    """The percentage of an epoch's time that is lost to the input, in comparison with the same steps from memory.

    The speed of a machine varies by more than this over minutes, so a long epoch is split into parts, and steps from
    memory are timed before and after each part. The first and last steps of a part do not count: before any batch is
    prefetched, and once none is left to read, the cost of the input is not typical.

    Args:
        model: The compiled model, after at least one step of training.
        data: The `keras.utils.PyDataset` that reads from a file.
        train: A function that trains on a batch in memory.
        at_once: The number of steps per call of `train`.
        steps: The minimum number of steps from memory to time, before and after each part.

    Returns:
        The percentage, or None if the epoch has too few steps.
    """
    parts = min(max(len(data) // 12, 1), 4)
    ends, size = [], len(data) // parts
    edge = min(3, size // 4)
    if size - 2 * edge < 2:
        return None
    clock = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter()))

    def from_memory():
        started = time.perf_counter()
        calls = -(-steps // at_once)
        for _ in range(calls):
            train()
        return (time.perf_counter() - started) / (calls * at_once)

    expected, measured, before = 0.0, 0.0, from_memory()
    for part in range(parts):
        ends.clear()
        model.fit(_Part(data, part * size, size), verbose=0, shuffle=False, callbacks=[clock])
        timed, after = ends[edge : size - edge], from_memory()
        measured += timed[-1] - timed[0]
        expected += (len(timed) - 1) * (before + after) / 2
        before = after
    return 100 * max(0.0, 1 - expected / measured)


class Repeated(keras.utils.PyDataset):
    """A dataset of `size` times the same batch in memory."""

    def __init__(self, x, y, size):
        super().__init__()
        self.batch, self.size = (x, y), size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return self.batch


class _Part(keras.utils.PyDataset):
    """`size` batches of another dataset, starting at `first`."""

    def __init__(self, whole, first, size):
        super().__init__(workers=whole.workers, max_queue_size=whole.max_queue_size)
        self.whole, self.first, self.size = whole, first, size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return self.whole[self.first + index]
