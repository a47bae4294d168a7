"""Options that several commands take, and the grid that they choose."""

from pathlib import Path
from typing import Annotated

import typer

from ave_keras.errors import AVEError
from benchmarks.cli.executors import choose_backend
from benchmarks.grid.cells import make_cells
from benchmarks.grid.selection import choose_entries, parse_seeds
from benchmarks.grid.tables import choose_tables
from benchmarks.results.store import Store
from zoo.cli.terminal import messages

Data = Annotated[Path | None, typer.Option(help="Folder in the official layout. [the profile's synthetic AVE]")]
Tables = Annotated[str, typer.Option(help="Tables, separated by commas: 1, 2, 3, baselines; or all.")]
Entries = Annotated[
    list[str] | None, typer.Option(help="Only entries that match this glob, such as 'w_*'; repeatable.")
]
Seeds = Annotated[str, typer.Option(help="How many seeds, or a list such as 0,4,7; one alone as 7, with its comma.")]
Profile = Annotated[str, typer.Option(help="quick: small and short; paper: the recipes' own epochs.")]
Backend = Annotated[str | None, typer.Option(help="tensorflow, jax or torch. [Keras' own]")]
Epochs = Annotated[int | None, typer.Option(help="Instead of the profile's.")]
BatchSize = Annotated[int | None, typer.Option(help="Instead of the profile's.")]
Results = Annotated[Path, typer.Option(help="Folder of the results; finished cells in it are not run again.")]


def select(data, tables, entries, seeds, profile, protocol, backend, epochs, batch_size, results, skip_bad, write=True):
    """`(store, tables, cells, data folder)` of a run's options; all options are checked before the data are read."""
    from benchmarks.grid.data import PROFILES, open_data

    if profile not in PROFILES:
        raise AVEError("unknown profile", key="--profile", expected=f"one of {list(PROFILES)}", found=repr(profile))
    chosen = choose_tables(tables)
    names, seeds = choose_entries(chosen, entries), parse_seeds(seeds)
    given = {"epochs": epochs, "batch_size": batch_size}
    recipe = {**PROFILES[profile]["recipe"], **{key: value for key, value in given.items() if value is not None}}
    common = {"protocol": protocol, "backend": choose_backend(backend), "profile": profile, "recipe": recipe}
    resolved = [cell.resolve() for cell in make_cells(names, seeds[:1], data={}, **common)]
    store = Store(results, write)
    folder, identity = open_data(data, profile, store.folder, skip_bad, messages, write, resolved)
    return store, chosen, make_cells(names, seeds, data=identity, **common), folder
