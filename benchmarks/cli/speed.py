"""`speed`: compares the speed of train steps with the machine's matmul rate, measured in the same run."""

import json
import os
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from ave_keras.errors import AVEError
from benchmarks.cli import options
from benchmarks.cli.against import compare_with_released
from benchmarks.cli.executors import choose_backend
from benchmarks.grid.selection import choose_entries
from benchmarks.results.files import check_folder, update_csv
from benchmarks.speed.process import in_own_process
from zoo.cli.terminal import messages, wide_console

AVE_VIDEOS = 4143
COLUMNS = {
    "entry": "entry",
    "on": "from",
    "gflop": "GFLOP/step",
    "step_ms": "step ms",
    "matmul_gflops": "matmul GFLOP/s",
    "ratio": "step / matmul rate %",
    "train_per_s": "train videos/s",
    "predict_per_s": "predict videos/s",
    "input_share": "lost to input %",
    "anon_gb": "peak anonymous GB",
}

PUBLISHED = ("entry", "device", "tf32", "gflop", "step_ms", "matmul_gflops", "ratio", "train_per_s", "predict_per_s")


def speed(
    entries: Annotated[
        list[str] | None, typer.Option(help="Measure only entries that match this glob; repeatable.")
    ] = None,
    batch_size: Annotated[int, typer.Option(help="Videos per step.")] = 64,
    videos: Annotated[
        int, typer.Option(help="Videos in the temporary feature file; 0 skips the input pipeline.")
    ] = AVE_VIDEOS,
    backend: options.Backend = None,
    policy: Annotated[str, typer.Option(help="Keras dtype policy, such as mixed_bfloat16.")] = "float32",
    profile: Annotated[
        Path | None, typer.Option(help="Folder for profiler traces; also prints the most expensive operations.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Also write the rows to this JSON file, after every entry.")] = None,
    publish_to: Annotated[
        Path | None, typer.Option("--publish", help="Also write the rows to this CSV file, after every entry.")
    ] = None,
    released: Annotated[
        Path | None,
        typer.Option(
            "--against", help="Your copy of the authors' released code, to compare with on the CPU. Runs that code."
        ),
    ] = None,
    repeats: Annotated[int, typer.Option(help="With --against: the number of measurements of each.")] = 5,
):
    """Measure how close training is to the machine's limit.

    A step counts the forward and weight-gradient products of all weight matrices. 100 % is the rate of a large float32
    matrix product, measured between the steps. Steps train on data in memory; the input column compares them with an
    epoch from a temporary memory-mapped file of the size of AVE (4.2 GB of float32). As in the grid, entries without
    attention train on averaged maps. Every entry is measured in its own process.

    With --against, steps of the entry and of its released counterpart (av_att, w_av_att or dmrn_late) are measured in
    alternation instead, on the same batch in memory, on the CPU. The released code needs PyTorch. Importing it runs
    whatever is in its files.

    Examples:

    python -m benchmarks speed --entries av_att

    python -m benchmarks speed --entries a --entries av_att --videos 0 --backend jax --profile traces

    python -m benchmarks speed --entries av_att --against AVE-ECCV18
    """
    import keras

    from benchmarks.speed.measurement import write_features

    try:
        keras.dtype_policies.get(policy)
    except ValueError as error:
        raise AVEError(
            "unknown policy", key="--policy", expected="such as float32 or mixed_bfloat16", found=policy
        ) from error
    check_folder(publish_to, ".csv")
    check_folder(out, key="--out")
    for option, number, least in (("--batch-size", batch_size, 1), ("--videos", videos, 0)):
        if number < least:
            raise AVEError("invalid number", key=option, expected=f"{least} or more", found=number)
    if released:
        for option, value in {"--profile": profile, "--publish": publish_to}.items():
            if value:
                raise AVEError("not an option of --against", key=option, found=value, fix="Remove it")
        rows = compare_with_released(released, entries, repeats, choose_backend(backend), batch_size, policy)
        if out:
            out.write_text(json.dumps(rows, indent=1))
        return
    names, backend, rows = choose_entries((), entries), choose_backend(backend), []
    with (
        tempfile.TemporaryDirectory(prefix="ave-speed-") as folder,
        Progress(console=messages) as progress,
    ):
        if videos:
            task = progress.add_task("feature file", total=videos)
            write_features(Path(folder), videos, lambda n: progress.advance(task, n))
        task = progress.add_task("entries", total=len(names))
        for name in names:
            progress.update(task, description=name)
            steps = {"name": name, "batch_size": batch_size, "policy": policy}
            steps |= {"folder": folder if videos else None, "traces": profile}
            rows.append(in_own_process("benchmarks.speed.measurement", steps, backend))
            if out:
                out.write_text(json.dumps(rows, indent=1))
            if publish_to:
                line = {key: rows[-1][key] for key in PUBLISHED} | {"cores": os.cpu_count(), "backend": backend}
                line |= {"policy": policy, "batch_size": batch_size, "date": date.today().isoformat()}
                update_csv(publish_to, [line], ("entry", "device", "cores", "backend", "policy", "batch_size"))
            progress.advance(task)
    first = rows[0]
    tf32 = {False: "", True: ", TF32", "cuDNN": ", TF32 in cuDNN only"}[first["tf32"]]
    where = f"{first['device']}{tf32}, {os.cpu_count()} cores"
    table = Table(*COLUMNS.values(), title=f"{backend}, {policy}, batch {batch_size}, {where}")
    for row in rows:
        table.add_row(*(_cell(row.get(key)) for key in COLUMNS))
    wide_console().print(table)
    for row in rows:
        if profile:
            costly = list(row["operations"].items())[:8]
            print(f"{row['entry']}: " + ", ".join(f"{name} {100 * share:.0f} %" for name, share in costly))
        if row["warning"]:
            print(f"warning: {row['entry']}: {row['warning']}", file=sys.stderr)


def _cell(value):
    if value is None:
        return "–"
    return value if isinstance(value, str) else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"
