"""`python -m benchmarks run | status | report | compare | speed`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from ave_keras.cli import run as run_app
from ave_keras.errors import AVEError
from benchmarks import driver, grid, publish, summary
from benchmarks.compare import command as compare
from benchmarks.executors import LocalExecutor
from benchmarks.runs import BACKENDS
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

Data = Annotated[Path | None, typer.Option(help="Folder in the official layout. [the profile's synthetic AVE]")]
Tables = Annotated[str, typer.Option(help="Tables, separated by commas: 1, 2, 3, baselines; or all.")]
Entries = Annotated[
    list[str] | None, typer.Option(help="Only entries that match this glob, such as 'w_*'; repeatable.")
]
Seeds = Annotated[str, typer.Option(help="How many seeds, or a list such as 0,4,7.")]
Profile = Annotated[str, typer.Option(help="quick: small and short; paper: the recipes' own epochs.")]
ProtocolOption = Annotated[str, typer.Option(help="paper, or official: what the released code does differently.")]
Backend = Annotated[str | None, typer.Option(help="tensorflow, jax or torch. [KERAS_BACKEND, else tensorflow]")]
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
    workers: Annotated[int | None, typer.Option(help="Processes at a time. [one per core, at most 4]")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of each. [cores / workers]")] = None,
    skip_bad: SkipBad = False,
    vectorize_seeds: Annotated[
        bool, typer.Option("--vectorize-seeds", help="JAX: train all seeds of an entry in one program.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would run.")] = False,
):
    """Run the grid and print its tables. Finished cells are kept; a killed run goes on where it was.

    Examples:

    python -m benchmarks run                                   the quick Table 1 on the synthetic AVE

    python -m benchmarks run --data AVE_DIR --seeds 3 --profile paper

    python -m benchmarks run --tables 1,2 --entries "dmrn_*" --data AVE_DIR
    """
    console = driver.default_console()
    if vectorize_seeds and _backend(backend) != "jax":
        raise AVEError(
            "seeds are trained in one program on JAX only",
            key="--vectorize-seeds",
            expected="--backend jax",
            found=_backend(backend),
            fix="Leave the option out: seeds then run one by one",
        )
    store, chosen, cells, folder = _select(
        data, tables, entries, seeds, profile, protocol, backend, epochs, batch_size, results, skip_bad
    )
    if dry_run:
        for cell in cells:
            console.print(f"{cell.key} {cell.entry} seed {cell.seed}: {_state(store, cell)}")
        return
    group = grid.group_seeds if vectorize_seeds else list
    failed = driver.run_cells(cells, folder, store, _executor(workers, threads), console, group)
    _print(store, chosen, cells)
    if failed:
        console.print(
            f"{failed} cells failed; why stands in {store.folder / 'failures'}; the same command tries them again"
        )
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
):
    """Say of every cell of a grid whether it is done, begun, failed or missing; takes the options of `run`.

    Example: python -m benchmarks status --data AVE_DIR --seeds 3
    """
    console = driver.default_console()
    store, _, cells, _ = _select(
        data, tables, entries, seeds, profile, protocol, backend, epochs, batch_size, results, skip_bad, write=False
    )
    states = [_state(store, cell) for cell in cells]
    for cell, state in zip(cells, states, strict=True):
        console.print(f"{cell.entry:<20} seed {cell.seed}  {state}", markup=False)
    counts = {state.split(":")[0]: 0 for state in states}
    for state in states:
        counts[state.split(":")[0]] += 1
    console.print(", ".join(f"{count} {state}" for state, count in counts.items()))


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
    store = Store(results)
    records = list(store.records().values())
    if not records:
        raise AVEError("no finished cells", file=results, fix="Run the grid first: python -m benchmarks run")
    chosen = choose_tables(all_tables() if tables == "all" else tables.split(","))
    for group, members in summary.groups(records):
        publish.write_reports(store, chosen, group, members, _stdout())
    if publish_to:
        publish.publish(records, publish_to)
        if readme:
            publish.readme(readme, publish_to)


def _select(
    data, tables, entries, seeds, profile, protocol, backend, epochs, batch_size, results, skip_bad, write=True
):
    """`(store, tables, cells, data folder)` of a run's options; every option is judged before the data are read."""
    if profile not in driver.PROFILES:
        raise AVEError(
            "no such profile", key="--profile", expected=f"one of {list(driver.PROFILES)}", found=repr(profile)
        )
    backend = _backend(backend)
    if backend not in BACKENDS:
        raise AVEError("no such backend", key="--backend", expected=f"one of {BACKENDS}", found=repr(backend))
    chosen = choose_tables(all_tables() if tables == "all" else tables.split(","))
    names = grid.choose_entries(chosen, entries)
    given = {"epochs": epochs, "batch_size": batch_size}
    recipe = {**driver.PROFILES[profile]["recipe"], **{k: v for k, v in given.items() if v is not None}}
    common = {"protocol": protocol, "backend": backend, "profile": profile, "recipe": recipe}
    seeds = grid.parse_seeds(seeds)
    for cell in grid.cells(names, seeds[:1], data={}, **common):
        cell.resolve()
    store = Store(results, write)
    folder, facts = driver.open_data(data, profile, store.folder, skip_bad, driver.default_console(), write)
    return store, chosen, grid.cells(names, seeds, data=facts, **common), folder


def _backend(given):
    return given or os.environ.get("KERAS_BACKEND") or "tensorflow"


def _executor(workers, threads):
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    workers = workers or min(cores, 4)
    return LocalExecutor(workers, threads or max(1, cores // workers))


def _state(store, cell):
    if store.has(cell.key):
        return "done"
    failure = store.failure(cell.key)
    if failure:
        return f"failed: {failure.strip().splitlines()[-1]}"
    return "begun" if store.state(cell.key).exists() else "missing"


def _print(store, chosen, cells):
    records = [record for cell in cells if (record := store.read(cell.key))]
    for group, members in summary.groups(records):
        publish.write_reports(store, chosen, group, members, _stdout())


def _stdout():
    from rich.console import Console

    return Console()


if __name__ == "__main__":
    run_app(app)
