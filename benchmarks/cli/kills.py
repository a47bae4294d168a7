"""`kills`: kills processes of grids with SIGKILL, and checks that no result is lost."""

import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from ave_keras.errors import AVEError
from benchmarks.cli import options
from benchmarks.cli.executors import choose_backend
from zoo.cli.terminal import messages


def kills(
    count: Annotated[int, typer.Option(help="Number of kills.")] = 200,
    backend: options.Backend = None,
    seed: Annotated[int, typer.Option(help="Seed of the times and kinds of the kills.")] = 0,
):
    """Kill workers and drivers of tiny grids at random times; check that no result is lost, duplicated or corrupted.

    Example: python -m benchmarks kills --count 200 --backend jax
    """
    if not Path("/proc/self/task").is_dir():
        raise AVEError("this system has no /proc, which `kills` needs to find processes", expected="Linux")
    if count < 1:
        raise AVEError("invalid number", key="--count", expected="1 or more", found=count)
    import numpy as np

    from benchmarks.drills.kills import KillTest

    started, backend = time.monotonic(), choose_backend(backend)
    with tempfile.TemporaryDirectory() as folder:
        test = KillTest(Path(folder), backend, np.random.default_rng(seed))
        test.run(count, messages.print)
    kinds = ", ".join(f"{kind}: {number}" for kind, number in test.kills.items())
    messages.print(
        f"{test.kills.total()} kills ({kinds}) in {test.rounds} grids of {len(test.cells)} cells, with "
        f"{test.starts} drivers and in {time.monotonic() - started:.0f} s: "
        f"{len(test.errors)} results lost, duplicated or corrupted",
        soft_wrap=True,
    )
    for error in test.errors:
        messages.print(error, style="red", markup=False)
    if test.errors:
        raise typer.Exit(1)
