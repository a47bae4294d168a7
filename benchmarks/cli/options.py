"""Options shared by several commands, and the grid of cells that they select."""

from pathlib import Path
from typing import Annotated

import typer

from ave_keras.errors import AVEError
from benchmarks.cli.executors import choose_backend
from benchmarks.grid.cells import make_cells
from benchmarks.grid.selection import choose_entries, parse_seeds
from benchmarks.grid.tables import choose_tables
from benchmarks.results.store import Store
from zoo.cli.options import class_weight_option
from zoo.cli.terminal import messages

Data = Annotated[
    Path | None, typer.Option(help="Folder in the official AVE layout.", show_default="the profile's synthetic AVE")
]
Tables = Annotated[str, typer.Option(help="Comma-separated tables out of 1, 2, 3, 4 and baselines; or all.")]
Entries = Annotated[
    list[str] | None, typer.Option(help="Run only entries that match this glob, such as 'w_*'; repeatable.")
]
Seeds = Annotated[str, typer.Option(help="Number of seeds, or a list such as 0,4,7; for seed 7 alone: '7,'.")]
Profile = Annotated[str, typer.Option(help="quick: small data and few epochs; paper: the epochs of the recipes.")]
Backend = Annotated[str | None, typer.Option(help="tensorflow, jax or torch.", show_default="that of Keras")]
Epochs = Annotated[int | None, typer.Option(help="Number of epochs.", show_default="the profile's")]
BatchSize = Annotated[int | None, typer.Option(help="Videos per step.", show_default="the profile's")]
Selection = Annotated[
    str,
    typer.Option(
        "--select",
        help="Split that chooses the epoch: val; or test, as most papers since 2018 did. Tables say so.",
    ),
]
Results = Annotated[Path, typer.Option(help="Results folder; finished cells in it do not run again.")]


def select(
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
    split,
    results,
    skip_bad,
    write=True,
):
    """`(store, tables, cells, data folder)` for the options of a run; validates all options before reading the data."""
    from benchmarks.grid.data import PROFILES, open_data

    if profile not in PROFILES:
        raise AVEError("unknown profile", key="--profile", expected=f"one of {list(PROFILES)}", found=repr(profile))
    chosen = choose_tables(tables)
    names, seeds = choose_entries(chosen, entries), parse_seeds(seeds)
    if split not in ("val", "test"):
        raise AVEError("unknown split", key="--select", expected="val or test", found=repr(split))
    overrides = {"epochs": epochs, "batch_size": batch_size, "select": "test" if split == "test" else None}
    overrides["class_weight"] = class_weight_option(class_weight)
    recipe = {**PROFILES[profile]["recipe"], **{key: value for key, value in overrides.items() if value is not None}}
    common = {"protocol": protocol, "backend": choose_backend(backend), "profile": profile, "recipe": recipe}
    resolved = [cell.resolve() for cell in make_cells(names, seeds[:1], data={}, **common)]
    store = Store(results, write)
    folder, identity = open_data(data, profile, store.folder, skip_bad, messages, write, resolved)
    return store, chosen, make_cells(names, seeds, data=identity, **common), folder
