"""`run`: runs a grid of cells and prints its tables."""

import os
from pathlib import Path
from typing import Annotated

import typer

from ave_keras.errors import AVEError
from benchmarks.cli import options
from benchmarks.cli.executors import choose_backend, choose_executor
from benchmarks.grid.cells import group_seeds
from benchmarks.grid.cells import shard as shard_of
from zoo.cli.options import ClassWeight, Protocol, SkipBad
from zoo.cli.terminal import messages, wide_console


def run(
    data: options.Data = None,
    tables: options.Tables = "1",
    entries: options.Entries = None,
    seeds: options.Seeds = "1",
    profile: options.Profile = "quick",
    protocol: Protocol = "paper",
    backend: options.Backend = None,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    class_weight: ClassWeight = None,
    select: options.Selection = "val",
    results: options.Results = Path("results"),
    workers: Annotated[
        int | None,
        typer.Option(help="Number of worker processes.", show_default="one per core, at most 4 or one per GPU"),
    ] = None,
    threads: Annotated[int | None, typer.Option(help="Threads per worker.", show_default="cores / workers")] = None,
    executor: Annotated[str, typer.Option(help="local: processes on this machine; ray: a Ray cluster.")] = "local",
    address: Annotated[
        str | None,
        typer.Option(help="HOST:PORT of the cluster (ray).", show_default="RAY_ADDRESS, or a cluster on this machine"),
    ] = None,
    cpus_per_cell: Annotated[
        float | None, typer.Option(help="CPUs and threads per cell (ray).", show_default="1")
    ] = None,
    gpus_per_cell: Annotated[
        float | None, typer.Option(help="GPUs per cell, such as 0.25 (ray).", show_default="0")
    ] = None,
    shard: Annotated[str, typer.Option(help="Run only this part of the cells: 2/8 is the second of eight.")] = "1/1",
    skip_bad: SkipBad = False,
    vectorize_seeds: Annotated[
        bool, typer.Option("--vectorize-seeds", help="Train all seeds of an entry in one program (JAX).")
    ] = False,
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="Make GPU results repeatable; slower.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List the cells and their status without running them.")
    ] = False,
):
    """Run the grid and print its tables. Finished cells do not run again; an interrupted run resumes.

    Examples:

    python -m benchmarks run                                   the quick Table 1 on the synthetic AVE

    python -m benchmarks run --data AVE_DIR --seeds 3 --profile paper

    python -m benchmarks run --tables 1,2 --entries "dmrn_*" --data AVE_DIR

    python -m benchmarks run --executor ray --gpus-per-cell 0.25 --data AVE_DIR

    On Slurm, run one shard per job; all shards share a results folder:

    sbatch --array=1-8 --wrap 'python -m benchmarks run --data AVE_DIR --shard $SLURM_ARRAY_TASK_ID/8'
    """
    backend = choose_backend(backend)
    if vectorize_seeds and backend != "jax":
        raise AVEError(
            "only JAX can train all seeds in one program",
            key="--vectorize-seeds",
            expected="--backend jax",
            found=backend,
            fix="Omit the option to train the seeds one by one",
        )
    if deterministic:
        os.environ["AVE_KERAS_DETERMINISTIC"] = "1"  # Workers inherit it, also on other machines.
    group = group_seeds if vectorize_seeds else list
    shard_of([], shard)  # Reports an invalid shard before the data are read.
    runner = choose_executor(executor, backend, workers, threads, address, cpus_per_cell, gpus_per_cell)
    store, chosen, cells, folder = options.select(
        data,
        tables,
        entries,
        seeds,
        profile,
        protocol,
        backend,
        epochs,
        batch_size,
        class_weight,
        select,
        results,
        skip_bad,
    )
    selected = shard_of(cells, shard, group)
    if dry_run:
        from benchmarks.results.status import cell_status

        for cell in selected:
            messages.print(f"{cell.key} {cell.entry} seed {cell.seed}: {cell_status(store, cell).text}", markup=False)
        return
    from benchmarks.execution.driver import run_cells
    from benchmarks.reports.writing import write_all

    failed = run_cells(selected, folder, store, runner, messages, group)
    written = write_all(store, chosen, lambda: [r for cell in cells if (r := store.read(cell.key))], wide_console())
    if failed:
        messages.print(
            f"{failed} cells failed; see {store.folder / 'failures'} for the reasons; run the command again to retry"
        )
    if failed or not written:
        raise typer.Exit(1)
