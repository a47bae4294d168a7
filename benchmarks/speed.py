"""`python -m benchmarks speed`: train steps as a ratio to the machine's own matmul rate, measured in the same run."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ave_keras.errors import AVEError
from benchmarks.executors import KEEP_MEMORY
from benchmarks.grid import choose_entries

AVE_VIDEOS = 4143
COLUMNS = {
    "entry": "entry",
    "gflop": "GFLOP/step",
    "step_ms": "step ms",
    "matmul_gflops": "matmul GFLOP/s",
    "ratio": "step / matmul rate %",
    "train_per_s": "train videos/s",
    "predict_per_s": "predict videos/s",
    "input_share": "lost to input %",
    "anon_gb": "peak anonymous GB",
}


def command(
    entries: Annotated[list[str] | None, typer.Option(help="Only entries that match this glob; repeatable.")] = None,
    batch_size: Annotated[int, typer.Option(help="Videos per step.")] = 64,
    videos: Annotated[
        int, typer.Option(help="Videos in the temporary feature file; 0 leaves the input pipeline out.")
    ] = AVE_VIDEOS,
    backend: Annotated[str, typer.Option(help="tensorflow, jax or torch.")] = os.environ.get(
        "KERAS_BACKEND", "tensorflow"
    ),
    policy: Annotated[str, typer.Option(help="Keras dtype policy, such as mixed_bfloat16.")] = "float32",
    out: Annotated[Path | None, typer.Option(help="Also write the rows as JSON.")] = None,
):
    """Measure how close training is to the machine's limit.

    Counted are the forward and the weight-gradient products of every weight matrix; the rate of a large float32 matrix
    product, measured between the steps, is 100 %. Steps run on data that lie in memory. The input column trains one
    epoch from a temporary memory-mapped file of the AVE's size (4.2 GB of float32) and compares. Every entry has a
    process of its own.

    Example: python -m benchmarks speed --entries av_att
    """
    names = choose_entries((), entries)
    rows = []
    with tempfile.TemporaryDirectory(prefix="ave-speed-") as folder, Progress(console=Console(stderr=True)) as progress:
        if videos:
            task = progress.add_task("feature file", total=videos)
            write_features(Path(folder), videos, lambda n: progress.advance(task, n))
        task = progress.add_task("entries", total=len(names))
        for name in names:
            progress.update(task, description=name)
            rows.append(_in_own_process(name, batch_size, Path(folder) if videos else None, backend, policy))
            progress.advance(task)
    table = Table(*COLUMNS.values(), title=f"{backend}, {policy}, batch {batch_size}, {os.cpu_count()} cores")
    for row in rows:
        table.add_row(*(_cell(row.get(key)) for key in COLUMNS))
    Console().print(table)
    if out:
        out.write_text(json.dumps(rows, indent=1))


def _cell(value):
    if value is None:
        return "–"
    return value if isinstance(value, str) else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def _in_own_process(name, batch_size, folder, backend, policy):
    argv = [sys.executable, "-m", "benchmarks.speed", name, str(batch_size), str(folder or ""), policy]
    env = {**KEEP_MEMORY, **os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "2"}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AVEError(f"measuring '{name}' failed", found="\n" + done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def write_features(folder, videos, advance=lambda n: None, block=64):
    """An official layout with random features of the released sizes; the values repeat after `block` videos."""
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


def measure(name, batch_size, folder, policy, steps=20):
    """All figures of one entry, in this process."""
    import keras

    import zoo
    from benchmarks.flops import weight_products

    keras.config.set_dtype_policy(policy)
    entry = zoo.entry(name)
    model = zoo.load(name)
    x, y = _batch(entry, batch_size)
    model.train_on_batch(x, y)
    multiply, times, products = matmul(), [], []
    for _ in range(steps):
        times.append(_seconds(lambda: model.train_on_batch(x, y)))
        products.append(_seconds(multiply))
    step, rate = float(np.median(times)), matmul.flop / float(np.median(products))
    # Forward and weight gradient; the gradient with respect to the input is not counted, though most layers need it.
    work = 2 * weight_products(model) * batch_size
    model.predict_on_batch(x)
    predict = float(np.median([_seconds(lambda: model.predict_on_batch(x)) for _ in range(steps // 4)]))
    row = {
        "entry": name,
        "gflop": work / 1e9,
        "step_ms": 1e3 * step,
        "matmul_gflops": rate / 1e9,
        "ratio": 100 * work / step / rate,
        "train_per_s": batch_size / step,
        "predict_per_s": batch_size / predict,
    }
    if folder:
        del x, y
        with AnonymousMemory() as memory:
            row["input_share"] = 100 * input_share(entry, model, folder, batch_size, step)
        row["anon_gb"] = memory.peak / 1e9 if memory.peak else None
    return row


def matmul(n=2048):
    """A function that multiplies two (n, n) float32 matrices and waits for the result; `matmul.flop` operations."""
    from keras import ops

    a, b = ops.ones((n, n)), ops.ones((n, n))
    matmul.flop = 2 * n**3
    return lambda: ops.convert_to_numpy(ops.matmul(a, b)[0, 0])


def _seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def input_share(entry, model, folder, batch_size, step):
    """The share of an epoch's time, first step excluded, that steps of `step` seconds do not explain."""
    import keras

    from ave_keras.data import AVE
    from zoo.training import train_dataset

    ends = []
    clock = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter()))
    # Within a video, so that a step of matching has no more rows than one of `_batch`.
    negatives = "within" if entry.recipe.negatives else None
    entry = entry.with_recipe(batch_size=batch_size, shuffle=True, drop_remainder=True, negatives=negatives)
    data = train_dataset(entry, AVE.from_directory(folder))
    model.fit(data, epochs=1, verbose=0, shuffle=False, callbacks=[clock])
    elapsed = ends[-1] - ends[0]
    return max(0.0, 1 - step * (len(ends) - 1) / elapsed)


def _batch(entry, size):
    import keras
    from keras import ops

    rng = np.random.default_rng(0)
    shapes = {"audio": (10, 128), "visual": (10, 7, 7, 512)}
    x = {key: rng.random((size, *shapes[key]), "float32") for key in entry.modalities}
    onehot = np.eye(29, dtype="float32")
    segments = onehot[rng.integers(0, 29, (size, 10))]
    y = {
        "video": {"video": onehot[rng.integers(0, 29, size)], "segments": segments},
        "proposals": {"proposals": segments, "segments": segments},
        "distances": {"distances": rng.integers(0, 2, (size, 10, 10)).astype("float32")},
        "views": {"views": np.ones((size, 10, 1), "float32")},
    }
    return keras.tree.map_structure(ops.convert_to_tensor, (x, y.get(entry.learns_from, segments)))


class AnonymousMemory:
    """Peak anonymous memory of this process while the block runs; pages of mapped files do not count. Linux only."""

    def __enter__(self):
        """Starts to look every 20 ms."""
        self.peak, self._stop = 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        """Stops looking."""
        self._stop.set()
        self._thread.join()

    def _watch(self):
        status = Path("/proc/self/status")
        while status.exists() and not self._stop.wait(0.02):
            line = next(line for line in status.read_text().splitlines() if line.startswith("RssAnon"))
            self.peak = max(self.peak, int(line.split()[1]) * 1024)


if __name__ == "__main__":
    entry_name, size, data_folder, dtype_policy = sys.argv[1:]
    print(json.dumps(measure(entry_name, int(size), data_folder and Path(data_folder), dtype_policy)))
