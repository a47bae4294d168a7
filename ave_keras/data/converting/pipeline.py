"""Writes published annotations as a folder in the official layout, without features."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ave_keras.data.annotations import Annotation
from ave_keras.data.converting import avel100k, llp, unav100
from ave_keras.data.events.listing import OVERLAP, Listing, check_overlap
from ave_keras.data.storage.tables import write_tables
from ave_keras.data.storage.writing import new_files
from ave_keras.errors import AVEError

FORMS = ("avel100k", "llp", "unav100")


@dataclass(frozen=True)
class Conversion:
    """The result of a conversion.

    Attributes:
        folder: The folder.
        title: The name of the data set.
        rows: The number of rows.
        videos: The number of videos.
        segments: T.
        pauses: The number of rows whose event has pauses.
        left_out: What was left out, as text.
    """

    folder: Path
    title: str
    rows: int
    videos: int
    segments: int
    pauses: int
    left_out: list


def convert(
    form: str,
    source: str | Path,
    out: str | Path,
    *,
    segments: int | None = None,
    overlap: float = OVERLAP,
    force: bool = False,
) -> Conversion:
    """Writes annotations, labels and splits of a published data set in the official layout.

    There is one row for every video and class, as AVE has for its repeated videos. Where an event pauses,
    `Annotations.txt` has its first and last second, `labels.h5` has the pauses, and `dataset.yaml` says `pauses: true`.
    `ave-keras extract` and `ave-keras data import` take the folder as annotations.

    Args:
        form: "avel100k", "llp" or "unav100".
        source: The folder of the published files; `docs/data.md` lists them.
        out: The folder to write.
        segments: T, for UnAV-100; by default the length of the longest video. Later seconds are cut.
        overlap: The part of a second that an event of UnAV-100 must fill to cover it.
        force: Whether to replace a data set in `out`.

    Returns:
        `Conversion`.

    Raises:
        AVEError: An unknown form, a missing or invalid file, or the folder cannot be written.
    """
    source = Path(source)
    if form not in FORMS:
        raise AVEError("unknown data set", key="from", expected=f"one of {FORMS}", found=repr(form))
    if form != "unav100" and segments is not None:
        raise AVEError("segments is for unav100; others have ten seconds", key="segments", found=segments)
    check_overlap(overlap)
    if not source.exists():
        raise AVEError("not found", file=source, expected="the folder of the published files")
    if form == "unav100":
        found = unav100.read(source, segments, overlap)
    else:
        found = {"avel100k": avel100k, "llp": llp}[form].read(source)
    if not found.rows:
        raise AVEError("no events", file=source)
    return _write(found, source, Path(out), force)


def _write(found, source, out, force):
    ids, classes, splits, active = zip(*found.rows, strict=True)
    ends = [(on.argmax(), found.segments - on[::-1].argmax()) if on.any() else (0, 0) for on in active]
    annotations = [
        Annotation(name, video_id, "good", int(start), int(end))
        for video_id, name, (start, end) in zip(ids, classes, ends, strict=True)
    ]
    pauses = sum(not on[start:end].all() for on, (start, end) in zip(active, ends, strict=True))
    rows = range(len(annotations))
    names = tuple(found.class_names)
    active = np.stack(active) if pauses else None
    listing = Listing(annotations, list(splits), source, list(rows), len(rows), names, active)
    with new_files(out, force) as new:
        write_tables(new, listing, rows, found.segments, found.title)
    return Conversion(out, found.title, len(rows), len({*ids}), found.segments, pauses, found.left_out)
