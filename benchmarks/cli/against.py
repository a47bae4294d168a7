"""`speed --against`: compares the speed of train steps with that of the authors' released code."""

import os
import statistics

from rich.progress import Progress
from rich.table import Table

from ave_keras.errors import AVEError
from ave_keras.runtime.packages import require
from benchmarks.grid.selection import choose_entries
from benchmarks.speed.process import in_own_process
from benchmarks.speed.released import NETWORKS
from zoo.cli.terminal import messages, wide_console

# The released code is written for the GPUs of 2018; both are measured on the CPU.
ON_CPU = {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu", "KERAS_TORCH_DEVICE": "cpu"}


def compare_with_released(folder, patterns, repeats, backend, batch_size, policy):
    """Measures entries and their released counterparts in alternation, and prints a table.

    Args:
        folder: The user's copy of the released code.
        patterns: Glob patterns of entries; None for all with a counterpart in the folder.
        repeats: The number of times to measure each of the two.
        backend: The backend of the entries.
        batch_size: The number of videos per step.
        policy: The Keras dtype policy of the entries.

    Returns:
        A row per entry: its name, and the median milliseconds of a step per repeat of both.

    Raises:
        AVEError: No counterpart, no such file, or a measurement failed.
    """
    if repeats < 1:
        raise AVEError("invalid number", key="--repeats", expected="1 or more", found=repeats)
    names, rows = _choose(folder, patterns), []
    require("torch", "torch")
    with Progress(console=messages) as progress:
        bar = progress.add_task("", total=len(names) * repeats)
        for name in names:
            progress.update(bar, description=name)
            rows.append({"entry": name, "step_ms": [], "released_ms": []})
            for _ in range(repeats):
                task = {"name": name, "batch_size": batch_size, "policy": policy}
                # First the released code, which is the user's copy and may not run.
                for key, other, copy in (("released_ms", "torch", folder.resolve()), ("step_ms", backend, None)):
                    spent = in_own_process("benchmarks.speed.released", {**task, "released": copy}, other, **ON_CPU)
                    rows[-1][key].append(1e3 * statistics.median(spent))
                progress.advance(bar)
    title = f"{backend}, {policy}, batch {batch_size}, CPU, {os.cpu_count()} cores, in alternation ({repeats} of each)"
    table = Table("entry", "step ms", "released code, step ms", "times as fast", "lowest and highest", title=title)
    for row in rows:
        ratios = [theirs / ours for ours, theirs in zip(row["step_ms"], row["released_ms"], strict=True)]
        medians = (f"{statistics.median(row[key]):.0f}" for key in ("step_ms", "released_ms"))
        spread = f"{min(ratios):.2f} … {max(ratios):.2f}"
        table.add_row(row["entry"], *medians, f"{statistics.median(ratios):.2f}", spread)
    wide_console().print(table)
    return rows


def _choose(folder, patterns):
    """The entries to measure; each has a counterpart whose file exists."""
    files = {name: folder / file for name, (file, *_) in NETWORKS.items()}
    if patterns:
        names = choose_entries((), patterns)
    else:
        names = [name for name, file in files.items() if file.is_file()] or list(files)
    for name in names:
        if name not in files:
            expected = f"one of {list(files)}"
            raise AVEError("the released code has no such network", key="--entries", expected=expected, found=name)
        if not files[name].is_file():
            fix = "Give the folder of your copy of the authors' repository, YapengTian/AVE-ECCV18 on GitHub"
            raise AVEError("no such file of the released code", file=files[name], fix=fix)
    return names
