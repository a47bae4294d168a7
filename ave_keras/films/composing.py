"""Composes a set of films with known truth, in the layout of the AVE archive."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np
import yaml

from ave_keras.data import layout
from ave_keras.data.annotations import Annotation
from ave_keras.data.events.listing import Listing
from ave_keras.data.storage.hdf5 import FEATURES
from ave_keras.data.storage.tables import write_tables
from ave_keras.data.storage.writing import existing_files, new_files
from ave_keras.errors import AVEError
from ave_keras.features.extraction import local
from ave_keras.films.film_job import PARTS, FilmJob, Plan
from ave_keras.films.mp4 import UNWRITABLE

if TYPE_CHECKING:
    from ave_keras.films.materials import Materials
    from ave_keras.films.recipe import Recipe

RECIPE, SCENES = "recipe.yaml", "scenes.csv"


@dataclass(frozen=True)
class Composed:
    """The result of `compose`.

    Attributes:
        folder: The folder.
        films: The number of films with an event.
        background: The number of those without one.
        computed: The number of films made in this run; earlier runs made the others.
        failures: `{path: reason}` for the films that failed, which are left out.
    """

    folder: Path
    films: int
    background: int
    computed: int
    failures: dict


def compose(
    out: str | Path,
    recipe: Recipe,
    materials: Materials,
    *,
    title: str = "composed films",
    workers: int = 0,
    force: bool = False,
    start: Callable[[int], object] = lambda total: None,
    advance: Callable[[Path, str | None], object] = lambda path, failure: None,
) -> Composed:
    """Composes films: `AVE/*.mp4`, annotations, splits, and the outline of the source in every second.

    `extract` reads the folder without any other argument, and turns the outlines into `source_mask.h5`. Each film is
    drawn from the seed and its number alone, so that the same call resumes after an interruption.

    Args:
        out: The folder to write.
        recipe: The settings.
        materials: Pictures and sounds, such as `Made()` or `Folders(…)`.
        title: The name of the data set in tables.
        workers: The number of worker processes; 0 works in this process.
        force: Whether to replace what is in `out`.
        start: Called with the number of films to make.
        advance: Called after each film with its path and the reason for failure or None, from several threads.

    Returns:
        `Composed`.

    Raises:
        AVEError: The folder has other films, or cannot be written; no film could be made; the recipe has more silent
            objects than other classes.

    Example:

    >>> compose("FILMS", Recipe(videos=100), Made(), title="made films")
    """
    out = Path(out)
    truth = existing_files(out, force)
    most, others = len(recipe.distractors) - 1, len(materials.classes) - 1
    if most > others:
        raise AVEError("more silent objects than other classes", key="distractors", expected=others, found=most)
    description = {"title": title, "sources": materials.sources, **recipe.to_dict()}
    _claim(out, description, truth, force)
    plans = draw_plans(recipe, materials.classes)
    job = FilmJob(out, recipe, materials, plans)
    todo = [number for number in range(len(plans)) if not job.part(number).is_file()]
    start(len(todo))
    failures: dict[Path, str] = {}

    def done(path, failure):
        if failure and failure.startswith(UNWRITABLE):
            raise AVEError(failure)
        if failure:
            failures[path] = failure
        advance(path, failure)

    if todo:
        local.run(job, [(job.film(number), str(number)) for number in todo], workers, done)
    kept = [number for number in range(len(plans)) if job.film(number) not in failures]
    rows = [number for number in kept if plans[number].label]
    if not rows:
        raise AVEError("no film could be made", file=out, found="\n" + "\n".join(failures.values()))
    _write_truth(out, job, rows, title, force)
    computed = len(todo) - len(failures)
    return Composed(out, len(rows), len(kept) - len(rows), computed, failures)


def draw_plans(recipe: Recipe, classes: tuple[str, ...]) -> list[Plan]:
    """Class and split of each film, classes and splits as even as the number allows; then films without an event."""
    rng = np.random.default_rng([recipe.seed, recipe.videos])
    labels = [classes[number % len(classes)] for number in range(recipe.videos)]
    counts = np.floor(np.array(recipe.splits) / sum(recipe.splits) * recipe.videos + 0.5).astype(int)[1:]
    val, test = np.maximum(counts, 1)
    # Held-out films are spread over the classes, as the rows of a class are.
    order = rng.permutation(recipe.videos)
    order = order[np.argsort(order % len(classes), kind="stable")]
    held = order[np.linspace(0, recipe.videos - 1, min(val + test, recipe.videos - 1)).round().astype(int)]
    splits = np.full(recipe.videos, "train", object)
    is_val = np.zeros(len(held), bool)
    is_val[np.linspace(0, len(held) - 1, val).round().astype(int)] = True
    splits[held[is_val]], splits[held[~is_val]] = "val", "test"
    plans = [Plan(f"film{n:05}", label, str(splits[n])) for n, label in enumerate(labels)]
    return plans + [Plan(f"background{number:05}", None, "train") for number in range(recipe.background)]


def _claim(out, description, truth, force):
    """Writes the recipe into a folder that is new, or has films of the same recipe; with `force` also of another."""
    path, text = out / RECIPE, yaml.safe_dump(description, sort_keys=False, allow_unicode=True)
    folders = [out / name for name in (layout.VIDEOS, layout.BACKGROUND_VIDEOS, PARTS)]
    films = [file for folder in folders if folder.is_dir() for file in folder.iterdir()]
    if films and not path.is_file():
        fix = "Choose another folder"
        raise AVEError("the folder has videos that were not composed", file=out, found=films[0].name, fix=fix)
    if films and path.read_text(encoding="utf-8") != text and not force:
        raise AVEError("the folder has films of another recipe", file=path, fix="Choose another one, or use --force")
    unfinished = [film for film in films if film.name.startswith(".") and film.suffix == ".mp4"]
    # First the truth: without it, what an interruption leaves is no data set, and the same call resumes.
    old = [*truth, out / SCENES, *films] if force else unfinished
    try:
        for file in old:
            file.unlink(missing_ok=True)
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AVEError("cannot write to the folder", file=out, found=error.strerror or error) from error


def _write_truth(out, job, rows, title, force):
    """Annotations, labels, splits and outlines of the finished films; then their parts are removed."""
    parts = []
    for number in rows:
        with np.load(job.part(number)) as part:
            parts.append(dict(part))
    plans = [job.plans[number] for number in rows]
    annotations = [
        Annotation(p.label, p.name, "good", *part["span"].tolist()) for p, part in zip(plans, parts, strict=True)
    ]
    splits, classes = [plan.split for plan in plans], job.materials.classes
    listing = Listing(annotations, splits, out / layout.ANNOTATIONS, list(range(len(rows))), len(rows), classes)
    size, seconds = job.recipe.size, job.recipe.seconds
    with new_files(out, force) as new:
        write_tables(new, listing, range(len(rows)), seconds, title)
        with h5py.File(new(layout.OUTLINES), "w") as file:
            data = file.create_dataset(
                FEATURES, (len(rows), seconds, size, size), "uint8", chunks=(1, seconds, size, size), compression=4
            )
            for row, part in enumerate(parts):
                data[row] = np.unpackbits(part["outline"], axis=-1, count=size)
    _write_scenes(out / SCENES, plans, parts)
    # With what a killed process has left half-written.
    shutil.rmtree(out / PARTS)


def _write_scenes(path, plans, parts):
    """The script of each film: a 1 for each second in which its object is seen, and heard; and the silent objects."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["video", "class", "split", "start", "end", "seen", "heard", "silent objects"])
        for plan, part in zip(plans, parts, strict=True):
            seen, heard = ("".join(map(str, part[key].astype(int))) for key in ("seen", "heard"))
            writer.writerow([plan.name, plan.label, plan.split, *part["span"], seen, heard, ", ".join(part["silent"])])
