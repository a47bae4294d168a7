"""`python -m benchmarks.scenes`: errors on made films by what is seen and heard in a second.

An event is where its object is both seen and heard. `scenes.csv`, which `ave-keras data compose` writes, says which of
the two a second without an event lacks, so that the table shows what networks do not notice.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

import zoo
from ave_keras.data import AVE
from ave_keras.errors import AVEError
from ave_keras.films.composing import SCENES
from benchmarks.reports.markdown import markdown_lines
from benchmarks.results.files import read_csv
from benchmarks.results.store import Store
from benchmarks.results.summary import correct
from zoo.cli.terminal import new_app, run

KINDS = {"seen and heard": (1, 1), "only heard": (0, 1), "only seen": (1, 0), "neither": (0, 0)}
HEAD = ("entry", "seeds", *(f"{kind}, errors %" for kind in KINDS))


def kinds(films: Path, names: list[str]) -> np.ndarray:
    """Which of `KINDS` each second is of.

    Args:
        films: A folder that `ave_keras.films.compose` has written.
        names: The N videos.

    Returns:
        `(N, T)` numbers.

    Raises:
        AVEError: The folder has no `scenes.csv`, or that lacks a video or is damaged.
    """
    path = films / SCENES
    if not path.is_file():
        fix = f"Compose films: ave-keras data compose {films}"
        raise AVEError("cannot tell what is seen and heard", file=path, expected="a file", found="none", fix=fix)
    rows = {row.get("video"): row for row in read_csv(path)}
    if missing := [name for name in names if name not in rows]:
        raise AVEError("these are features of other films", file=path, expected=missing[0], found=f"{len(rows)} others")
    try:
        flags = np.array([[list(map(int, rows[name][key])) for key in ("seen", "heard")] for name in names])
    except (KeyError, TypeError, ValueError) as error:
        expected = "a 0 or 1 for every second in the columns seen and heard"
        raise AVEError("cannot tell what is seen and heard", file=path, expected=expected, found=error) from error
    return np.select([(flags == np.array(kind)[:, None]).all(axis=1) for kind in KINDS.values()], range(len(KINDS)))


def errors(record: dict, kind: np.ndarray) -> list[float]:
    """The share of wrong seconds on validation, in percent, by kind; NaN for a kind without seconds.

    Args:
        record: The record of a cell.
        kind: What `kinds` returns for all videos of the data set.
    """
    wrong, found = 1 - correct(record, "val"), kind[record["val"]["rows"]]
    parts = [wrong[found == number] for number in range(len(KINDS))]
    return [100 * float(part.mean()) if part.size else float("nan") for part in parts]


def unchanged(record: dict) -> bool:
    """Whether a cell trained its entry as it is now, but for the length of the training and the size of a batch."""
    now = zoo.entry(record["cell"]["entry"], record["cell"]["protocol"]).to_dict()
    sizes = {key: record["entry"]["recipe"][key] for key in ("epochs", "batch_size")}
    return record["entry"]["model"] == now["model"] and record["entry"]["recipe"] == now["recipe"] | sizes


def table(films: Path, features: Path, store: Store) -> str:
    """A Markdown table of the validation errors of all cells of these features that trained an entry unchanged."""
    ave = AVE.from_directory(features)
    kind = kinds(films, [annotation.video_id for annotation in ave.annotations])
    sha256 = ave.fingerprint()["sha256"]
    found: dict[str, dict[int, list[float]]] = {}
    for record in store.records().values():
        cell = record["cell"]
        if cell["data"]["sha256"] == sha256 and "val" in record and unchanged(record):
            found.setdefault(cell["entry"], {})[cell["seed"]] = errors(record, kind)
    if not found:
        fix = f"Train some: python -m benchmarks study lineage --data {features}"
        raise AVEError(
            "nothing to compare", file=store.folder, expected="results on these features", found="none", fix=fix
        )
    body = [
        (f"`{entry}`", len(seeds), *("–" if np.isnan(x) else f"{x:.1f}" for x in np.mean([*seeds.values()], axis=0)))
        for entry, seeds in sorted(found.items())
    ]
    return "\n".join(markdown_lines(HEAD, body))


def scenes(
    films: Annotated[Path, typer.Argument(help="A folder of `ave-keras data compose`.", metavar="FILMS")],
    features: Annotated[Path, typer.Argument(help="What `ave-keras extract` made of it.", metavar="FEATURES")],
    results: Annotated[Path, typer.Option(help="The results folder.")] = Path("results"),
):
    """Print how often networks are wrong where the event is seen and heard, only heard, only seen, or neither.

    Example: python -m benchmarks.scenes made/films made/features
    """
    print(table(films, features, Store(results / "studies", write=False)))


def main():
    """Runs the command line."""
    app = new_app("Errors on made films by what is seen and heard.")
    app.command()(scenes)
    run(app)
