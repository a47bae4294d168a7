"""The measurements of `speed`: train steps, predictions, input, memory, and the machine's matmul rate.

Runs as a program, so that each entry is measured in its own process.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path

import numpy as np

from ave_keras.data.targets import Targets


def write_features(folder, videos, advance=lambda n: None, block=64):
    """Writes a data set in the official layout, with random features of the released shapes.

    Args:
        folder: The folder to write to.
        videos: The number of videos.
        advance: A function that is called with the number of videos after each block.
        block: The number of videos per block; all blocks have the same values.
    """
    import h5py

    rng = np.random.default_rng(0)
    names = [f"class {c:02}" for c in range(28)]
    (folder / "Annotations.txt").write_text("".join(f"{names[i % 28]}&v{i}&good&0&10\n" for i in range(videos)))
    orders = {"train": range(videos), "val": range(28), "test": range(28)}
    for split, rows in orders.items():
        for suffix in ("", "_match"):
            with h5py.File(folder / f"{split}_order{suffix}.h5", "w") as file:
                file["order"] = np.array(rows)
    for name, shape in {"audio": (10, 128), "visual": (10, 7, 7, 512)}.items():
        values = np.maximum(rng.normal(size=(block, *shape)), 0).astype("float32")
        with h5py.File(folder / f"{name}_feature.h5", "w") as file:
            data = file.create_dataset("avadataset", (videos, *shape), "float32")
            for start in range(0, videos, block):
                data[start : start + block] = values[: videos - start]
                if name == "visual":
                    advance(min(block, videos - start))
    # Pending writes would slow down the first entry that reads.
    if hasattr(os, "sync"):
        os.sync()


def measure(name, batch_size, folder, policy, traces=None, steps=20):
    """Measures one entry in this process.

    Args:
        name: The name of the entry.
        batch_size: The number of videos per step.
        folder: The folder of a data set to measure input and memory with, or None to skip both.
        policy: The Keras dtype policy.
        traces: The folder for profiler traces, or None.
        steps: The number of steps to time.

    Returns:
        The row of the table, `{column: value}`; for the columns see `benchmarks.cli.speed.COLUMNS`.
    """
    import keras

    import zoo
    from benchmarks.execution.devices import device, slow_lstm, tf32
    from benchmarks.speed import trace
    from benchmarks.speed.flops import weight_products
    from benchmarks.speed.input_share import Repeated, from_file, input_share
    from zoo.training.vectors import model_on_means

    keras.config.set_dtype_policy(policy)
    entry = zoo.entry(name)
    model = zoo.load(name)
    averaged = model_on_means(model)
    model = averaged or model
    x, y = make_batch(entry, batch_size, averaged)
    if device() == "CPU":
        at_once, train, predict = 1, lambda: model.train_on_batch(x, y), lambda: model.predict_on_batch(x)
    else:
        # Time steps as `fit` runs them: a GPU computes the next step while the losses of the last one are fetched.
        at_once, steps, data = 100, steps // 4, Repeated(x, y, 100)
        train, predict = lambda: model.fit(data, verbose=0), lambda: model.predict(data, verbose=0)
    train()
    multiply, times, products = matmul(), [], []
    for _ in range(steps):
        times.append(_seconds(train) / at_once)
        products.append(_seconds(multiply))
    step, rate = float(np.median(times)), matmul.flop / float(np.median(products))
    # Forward pass and weight gradient; input gradients do not count, although most layers compute them.
    work = 2 * weight_products(model) * batch_size
    predict()
    predicted = float(np.median([_seconds(predict) / at_once for _ in range(-(-steps // 4))]))
    row = {
        "entry": name,
        "on": "means" if averaged else "maps" if "visual" in entry.modalities else "",
        "device": device(),
        "tf32": tf32(),
        "warning": slow_lstm(model),
        "gflop": work / 1e9,
        "step_ms": 1e3 * step,
        "matmul_gflops": rate / 1e9,
        "ratio": 100 * work / step / rate,
        "train_per_s": batch_size / step,
        "predict_per_s": batch_size / predicted,
    }
    if traces:
        row["operations"] = trace.operations(
            lambda: model.train_on_batch(x, y), traces / keras.backend.backend() / name
        )
    if folder:
        with AnonymousMemory() as memory:
            read = from_file(entry, model, folder, batch_size)
            row["input_share"] = input_share(model, read, train, at_once)
        row["anon_gb"] = memory.peak / 1e9 if memory.peak else None
    return row


def matmul():
    """A function that multiplies two square float32 matrices and waits for the result.

    Also sets `matmul.flop` to the number of operations per call. Matrices on a GPU are so large that the time to fetch
    the result is negligible.
    """
    from keras import ops

    from benchmarks.execution.devices import device

    n = 2048 if device() == "CPU" else 8192
    rng = np.random.default_rng(0)
    a, b = (ops.convert_to_tensor(rng.standard_normal((n, n), "float32")) for _ in range(2))
    matmul.flop = 2 * n**3
    return lambda: ops.convert_to_numpy(ops.matmul(a, b)[0, 0])


def _seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def make_batch(entry, size, averaged=None):
    """A batch of random features of the released shapes, and labels that fit the entry's losses, as tensors.

    Args:
        entry: The `zoo.entry.Entry`.
        size: The number of videos.
        averaged: Whether the visual features are means over the map.
    """
    import keras
    from keras import ops

    rng = np.random.default_rng(0)
    shapes = {"audio": (10, 128), "visual": (10, 512) if averaged else (10, 7, 7, 512)}
    x = {key: rng.random((size, *shapes[key]), "float32") for key in entry.modalities}
    onehot = np.eye(29, dtype="float32")
    segments = onehot[rng.integers(0, 29, (size, 10))]
    video = onehot[rng.integers(0, 28, size)]
    if entry.recipe.losses:
        return keras.tree.map_structure(ops.convert_to_tensor, (x, Targets(entry.targets)(segments, video)))
    y = {
        "video": {"video": onehot[rng.integers(0, 29, size)], "segments": segments},
        "proposals": {"proposals": segments, "segments": segments},
        "distances": {"distances": rng.integers(0, 2, (size, 10, 10)).astype("float32")},
        "views": {"views": np.ones((size, 10, 1), "float32")},
    }
    return keras.tree.map_structure(ops.convert_to_tensor, (x, y.get(entry.learns_from, segments)))


class AnonymousMemory:
    """Measures the peak anonymous memory of this process during the block, without pages of mapped files.

    Attributes:
        peak: The peak in bytes; 0 on systems other than Linux.
    """

    def __enter__(self):
        """Starts to sample every 20 ms."""
        self.peak, self._stop = 0, threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        """Stops sampling."""
        self._stop.set()
        self._thread.join()

    def _sample(self):
        status = Path("/proc/self/status")
        while status.exists() and not self._stop.wait(0.02):
            line = next(line for line in status.read_text().splitlines() if line.startswith("RssAnon"))
            self.peak = max(self.peak, int(line.split()[1]) * 1024)


if __name__ == "__main__":
    task = json.loads(sys.argv[1])
    task |= {key: task[key] and Path(task[key]) for key in ("folder", "traces")}
    print(json.dumps(measure(**task)))
