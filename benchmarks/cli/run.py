"""`run`: the grid, and its tables."""

import os
from pathlib import Path
from typing import Annotated

import typer

from ave_keras.errors import AVEError
from benchmarks.cli.executors import choose_backend, choose_executor
from benchmarks.cli.options import (
    Backend,
    BatchSize,
    Data,
    Entries,
    Epochs,
    Profile,
    Results,
    Seeds,
    Tables,
    select,
)
from benchmarks.grid.cells import group_seeds
from benchmarks.grid.cells import shard as share_of
from zoo.cli.options import Protocol, SkipBad
from zoo.cli.terminal import messages, wide_console


def run(
    data: Data = None,
    tables: Tables = "1",
    entries: Entries = None,
    seeds: Seeds = "1",
    profile: Profile = "quick",
    protocol: Protocol = "paper",
    backend: Backend = None,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    results: Results = Path("results"),
    workers: Annotated[
        int | None, typer.Option(help="Processes at a time. [one per core, at most 4 or one per GPU]")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of each. [cores / workers]")] = None,
    executor: Annotated[str, typer.Option(help="local: processes of this machine; ray: a Ray cluster.")] = "local",
    address: Annotated[
        str | None, typer.Option(help="ray: of the cluster. [RAY_ADDRESS, or one on this machine]")
    ] = None,
    cpus_per_cell: Annotated[float | None, typer.Option(help="ray: CPUs, and threads, of a cell. [1]")] = None,
    gpus_per_cell: Annotated[float | None, typer.Option(help="ray: GPUs of a cell, such as 0.25. [0]")] = None,
    shard: Annotated[str, typer.Option(help="Only this share of the cells, such as 2/8.")] = "1/1",
    skip_bad: SkipBad = False,
    vectorize_seeds: Annotated[
        bool, typer.Option("--vectorize-seeds", help="JAX: train all seeds of an entry in one program.")
    ] = False,
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="GPUs: the same sums in the same order every time; slower.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would run.")] = False,
):
    """Run the grid and print its tables. Finished cells are kept; a killed run goes on where it was.

    Examples:

    python -m benchmarks run                                   the quick Table 1 on the synthetic AVE

    python -m benchmarks run --data AVE_DIR --seeds 3 --profile paper

    python -m benchmarks run --tables 1,2 --entries "dmrn_*" --data AVE_DIR

    python -m benchmarks run --executor ray --gpus-per-cell 0.25 --data AVE_DIR

    Slurm needs no more than a line, and any number of shards fill one results folder at the same time:

    sbatch --array=1-8 --wrap 'python -m benchmarks run --data AVE_DIR --shard $SLURM_ARRAY_TASK_ID/8'
    """
    backend = choose_backend(backend)
    if vectorize_seeds and backend != "jax":
        raise AVEError(
            "seeds are trained in one program on JAX only",
            key="--vectorize-seeds",
            expected="--backend jax",
            found=backend,
            fix="Leave the option out: seeds then run one by one",
        )
    if deterministic:
        os.environ["AVE_KERAS_DETERMINISTIC"] = "1"  # Workers on this and on other machines get it.
    group = group_seeds if vectorize_seeds else list
    share_of([], shard)
    place = choose_executor(executor, backend, workers, threads, address, cpus_per_cell, gpus_per_cell)
    store, chosen, cells, folder = select(
        data, tables, entries, seeds, profile, protocol, backend, epochs, batch_size, results, skip_bad
    )
    share = share_of(cells, shard, group)
    if dry_run:
        from benchmarks.results.status import cell_status

        for cell in share:
            messages.print(f"{cell.key} {cell.entry} seed {cell.seed}: {cell_status(store, cell).text}", markup=False)
        return
    from benchmarks.execution.driver import run_cells
    from benchmarks.reports.writing import write_all

    failed = run_cells(share, folder, store, place, messages, group)
    written = write_all(store, chosen, lambda: [r for cell in cells if (r := store.read(cell.key))], wide_console())
    if failed:
        messages.print(
            f"{failed} cells failed; the reasons are in {store.folder / 'failures'}; the same command tries them again"
        )
    if failed or not written:
        raise typer.Exit(1)
