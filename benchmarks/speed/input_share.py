"""The share of training that waits for batches, or is slowed down by those who fetch them."""

import time

import keras

from ave_keras.data import AVE
from ave_keras.data.storage.pooling import pooled
from zoo.training.fitting import train_dataset


def from_file(entry, model, folder, batch_size):
    """The training split of the data set in a folder, as `model` takes it."""
    # Within a video, so that a step of matching has no more rows than one on the batch in memory.
    negatives = "within" if entry.recipe.negatives else None
    entry = entry.with_recipe(batch_size=batch_size, shuffle=True, drop_remainder=True, negatives=negatives)
    ave = AVE.from_directory(folder)
    if "visual" in entry.modalities and len(model.input["visual"].shape) == 3:
        ave = pooled(ave, folder / "means")
    return train_dataset(entry, ave)


def input_share(model, data, train, at_once=1, steps=8):
    """The percentage of an epoch's time that the same steps from memory do not take; None if it has too few steps.

    A machine's speed changes by more than that from one minute to the next, so a long epoch is cut into parts, and
    steps from memory are timed before and after each. In the first and last steps of a part, when nothing has been
    read ahead yet and nothing is read any more, the input costs another time than in the midst of an epoch: they are
    left out.

    Args:
        model: compiled, and trained before.
        data: a `keras.utils.PyDataset`.
        train: a function that trains on a batch in memory.
        at_once: how many steps it makes.
        steps: how many from memory are timed each time, at least.
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

    expected, found, before = 0.0, 0.0, from_memory()
    for part in range(parts):
        ends.clear()
        model.fit(_Part(data, part * size, size), verbose=0, shuffle=False, callbacks=[clock])
        timed, after = ends[edge : size - edge], from_memory()
        found += timed[-1] - timed[0]
        expected += (len(timed) - 1) * (before + after) / 2
        before = after
    return 100 * max(0.0, 1 - expected / found)


class Repeated(keras.utils.PyDataset):
    """The same batch `size` times, from memory."""

    def __init__(self, x, y, size):
        super().__init__()
        self.batch, self.size = (x, y), size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return self.batch


class _Part(keras.utils.PyDataset):
    """`size` batches of another dataset, from `first` on."""

    def __init__(self, whole, first, size):
        super().__init__(workers=whole.workers, max_queue_size=whole.max_queue_size)
        self.whole, self.first, self.size = whole, first, size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return self.whole[self.first + index]
