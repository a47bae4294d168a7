"""`kills`: `kill -9` of grids, and a check of what is left."""

import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from ave_keras.errors import AVEError
from benchmarks.cli.executors import choose_backend
from benchmarks.cli.options import Backend
from zoo.cli.terminal import messages


def kills(
    count: Annotated[int, typer.Option(help="How many kills.")] = 200,
    backend: Backend = None,
    seed: Annotated[int, typer.Option(help="Of the times and kinds of the kills.")] = 0,
):
    """Kill workers and drivers of tiny grids at random times, and see that no result is lost, doubled or corrupt.

    Example: python -m benchmarks kills --count 200 --backend jax
    """
    if not Path("/proc/self/task").is_dir():
        raise AVEError("kills finds processes by /proc, which is not here", expected="Linux")
    if count < 1:
        raise AVEError("no such number", key="--count", expected="1 or more", found=count)
    import numpy as np

    from benchmarks.drills.kills import Siege

    started, backend = time.monotonic(), choose_backend(backend)
    with tempfile.TemporaryDirectory() as folder:
        siege = Siege(Path(folder), backend, np.random.default_rng(seed))
        siege.run(count, messages.print)
    kinds = ", ".join(f"{number} of a {kind}" for kind, number in siege.kills.items())
    messages.print(
        f"{siege.kills.total()} kills ({kinds}) over {siege.rounds} grids of {len(siege.cells)} cells with "
        f"{siege.starts} drivers, {time.monotonic() - started:.0f} s: "
        f"{len(siege.wrong)} results lost, doubled or corrupt",
        soft_wrap=True,
    )
    for line in siege.wrong:
        messages.print(line, style="red", markup=False)
    if siege.wrong:
        raise typer.Exit(1)
