"""`python -m benchmarks run | status | report | compare | speed`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from ave_keras.cli import run as run_app
from ave_keras.errors import AVEError
from benchmarks import driver, grid, publish, watch
from benchmarks.choice import choose_backend, choose_executor
from benchmarks.compare import command as compare
from benchmarks.kills import command as kills
from benchmarks.speed import command as speed
from benchmarks.store import Store
from benchmarks.tables import choose_tables
from benchmarks.tables import tables as all_tables

app = typer.Typer(
    help="The paper's tables, run and printed. Start with: python -m benchmarks run --tables 1",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("compare")(compare)
app.command("speed")(speed)
app.command("kills")(kills)

Data = Annotated[Path | None, typer.Option(help="Folder in the official layout. [the profile's synthetic AVE]")]
Tables = Annotated[str, typer.Option(help="Tables, separated by commas: 1, 2, 3, baselines; or all.")]
Entries = Annotated[
    list[str] | None, typer.Option(help="Only entries that match this glob, such as 'w_*'; repeatable.")
]
Seeds = Annotated[str, typer.Option(help="How many seeds, or a list such as 0,4,7; one alone as 7, with its comma.")]
Profile = Annotated[str, typer.Option(help="quick: small and short; paper: the recipes' own epochs.")]
ProtocolOption = Annotated[str, typer.Option(help="paper, or official: what the released code does differently.")]
Backend = Annotated[str | None, typer.Option(help="tensorflow, jax or torch. [Keras' own]")]
Epochs = Annotated[int | None, typer.Option(help="Instead of the profile's.")]
BatchSize = Annotated[int | None, typer.Option(help="Instead of the profile's.")]
Results = Annotated[Path, typer.Option(help="Folder of the results; finished cells in it are not run again.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Drop videos with NaN or Inf, and say which.")]


@app.command()
def run(
    data: Data = None,
    tables: Tables = "1",
    entries: Entries = None,
    seeds: Seeds = "1",
    profile: Profile = "quick",
    protocol: ProtocolOption = "paper",
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
    console = driver.default_console()
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
    group = grid.group_seeds if vectorize_seeds else list
    grid.shard([], shard)
    place = choose_executor(executor, backend, workers, threads, address, cpus_per_cell, gpus_per_cell)
    store, chosen, cells, folder = _select(
        data, tables, entries, seeds, profile, protocol, backend, epochs, batch_size, results, skip_bad
    )
    share = grid.shard(cells, shard, group)
    if dry_run:
        for cell in share:
            console.print(f"{cell.key} {cell.entry} seed {cell.seed}: {watch.look(store, cell).text}", markup=False)
        return
    failed = driver.run_cells(share, folder, store, place, console, group)
    written = publish.write_all(
        store, chosen, lambda: [r for cell in cells if (r := store.read(cell.key))], driver.output()
    )
    if failed:
        console.print(
            f"{failed} cells failed; why stands in {store.folder / 'failures'}; the same command tries them again"
        )
    if failed or not written:
        raise typer.Exit(1)


@app.command()
def status(
    data: Data = None,
    tables: Tables = "1",
    entries: Entries = None,
    seeds: Seeds = "1",
    profile: Profile = "quick",
    protocol: ProtocolOption = "paper",
    backend: Backend = None,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    results: Results = Path("results"),
    skip_bad: SkipBad = False,
    keep_on: Annotated[bool, typer.Option("--watch", help="Until all is done, looking again and again.")] = False,
):
    """Say of every cell of a grid whether it is done, running, begun, failed or missing; takes the options of `run`.

    Examples:

    python -m benchmarks status --data AVE_DIR --seeds 3

    python -m benchmarks status --data AVE_DIR --seeds 3 --watch
    """
    console = driver.default_console()
    store, _, cells, _ = _select(
        data, tables, entries, seeds, profile, protocol, backend, epochs, batch_size, results, skip_bad, write=False
    )
    if keep_on:
        watch.watch(store, cells, console)
    else:
        console.print(watch.view(store, cells))


@app.command()
def report(
    tables: Tables = "all",
    results: Results = Path("results"),
    publish_to: Annotated[
        Path | None, typer.Option("--publish", help="Also write this CSV for the zoo's cards.")
    ] = None,
    readme: Annotated[
        Path | None, typer.Option(help="With --publish: also the table between this file's marks.")
    ] = None,
):
    """Print and write the tables of everything that is stored, one report per data set, protocol and backend.

    Example: python -m benchmarks report --results results
    """
    if not results.is_dir():
        raise AVEError("no results", file=results, fix="Run the grid first: python -m benchmarks run")
    store = Store(results, write=False)
    records = list(store.records().values())
    if not records:
        raise AVEError("no finished cells", file=results, fix="Run the grid first: python -m benchmarks run")
    chosen = choose_tables(all_tables() if tables == "all" else tables.split(","))
    written = publish.write_all(store, chosen, store.records().values, driver.output())
    if publish_to:
        publish.publish(records, publish_to)
        if readme:
            publish.readme(readme, publish_to)
    if not written:
        raise typer.Exit(1)


def _select(
    data, tables, entries, seeds, profile, protocol, backend, epochs, batch_size, results, skip_bad, write=True
):
    """`(store, tables, cells, data folder)` of a run's options; every option is judged before the data are read."""
    if profile not in driver.PROFILES:
        raise AVEError(
            "no such profile", key="--profile", expected=f"one of {list(driver.PROFILES)}", found=repr(profile)
        )
    backend = choose_backend(backend)
    chosen = choose_tables(all_tables() if tables == "all" else tables.split(","))
    names = grid.choose_entries(chosen, entries)
    given = {"epochs": epochs, "batch_size": batch_size}
    recipe = {**driver.PROFILES[profile]["recipe"], **{k: v for k, v in given.items() if v is not None}}
    common = {"protocol": protocol, "backend": backend, "profile": profile, "recipe": recipe}
    seeds = grid.parse_seeds(seeds)
    resolved = [cell.resolve() for cell in grid.cells(names, seeds[:1], data={}, **common)]
    store = Store(results, write)
    folder, facts = driver.open_data(data, profile, store.folder, skip_bad, driver.default_console(), write, resolved)
    return store, chosen, grid.cells(names, seeds, data=facts, **common), folder


if __name__ == "__main__":
    run_app(app)
