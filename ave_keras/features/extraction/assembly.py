"""Assembles finished parts into the official layout, with its splits and the manifest."""

from __future__ import annotations

import json
import platform
import warnings
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import yaml

from ave_keras.data import layout
from ave_keras.data.annotations import class_names_of, segment_labels, video_labels, write_annotations
from ave_keras.data.storage.fingerprint import file_sha256
from ave_keras.data.storage.hdf5 import FEATURES, LABELS, ORDER
from ave_keras.data.storage.writing import PARTIAL, new_files, write_array, write_rows
from ave_keras.features.extraction.parts import read_part
from ave_keras.features.extraction.splits import make_splits, match_splits, rows_of

if TYPE_CHECKING:
    from ave_keras.features.extraction.listing import Listing

MANIFEST = "extraction.json"
PACKAGES = ("ave-keras", "keras", "numpy", "av", "tensorflow", "tensorflow-cpu", "jax", "torch", "tensorflow-io")


def assemble(
    out: Path,
    listing: Listing,
    rows: Sequence[int],
    files: Sequence[Path],
    clips: Sequence[Path],
    manifest: dict[str, Any],
    segments: int,
    title: str | None,
    force: bool,
) -> None:
    """Writes the data set.

    Args:
        out: The folder to write.
        listing: The `Listing`.
        rows: The indices of the annotations to write.
        files: The part of each row.
        clips: The parts of the background clips.
        manifest: The manifest; the checksums of the written files are added to it.
        segments: T.
        title: The title of the data set, or None.
        force: Whether to replace an existing data set.

    Raises:
        AVEError: The data set cannot be written. No incomplete files remain, and the parts are kept.
    """
    annotations = [listing.annotations[n] for n in rows]
    classes = class_names_of(annotations)
    splits, match = _splits(listing, rows, annotations, segments)
    with new_files(out, force) as new:
        for key in layout.MODALITIES:
            _write_features(new(f"{key}_feature.h5"), key, files)
            if clips:
                _write_features(new(layout.BACKGROUND[key][0]), key, clips)
        write_array(new("labels.h5"), LABELS, segment_labels(annotations, classes, segments))
        write_array(new("mil_labels.h5"), LABELS, video_labels(annotations, classes))
        if clips:
            write_array(new("labels_noisy.h5"), LABELS, layout.all_background(len(clips), len(classes) + 1))
        for suffix, chosen in (("", splits), ("_match", match)):
            for split, numbers in chosen.items():
                write_array(new(f"{split}_order{suffix}.h5"), ORDER, numbers)
        marker = {"title": title or out.resolve().name, "class_names": list(classes)}
        new(layout.MARKER).write_text(yaml.safe_dump(marker, sort_keys=False, allow_unicode=True), encoding="utf-8")
        write_annotations(new(layout.ANNOTATIONS), annotations)
        written = sorted(p for p in out.glob(f"*{PARTIAL}"))
        manifest["files"] = {p.name.removesuffix(PARTIAL): file_sha256(p) for p in written}
        new(MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8")


def _write_features(path, key, files):
    first = read_part(files[0])[key]
    blocks = (read_part(file)[key][None] for file in files)
    write_rows(path, FEATURES, (len(files), *first.shape), first.dtype, blocks)


def versions() -> dict[str, Any]:
    """The versions of the software that the features depend on, for the manifest."""
    result = {"python": platform.python_version(), "backend": keras.backend.backend()}
    for package in PACKAGES:
        try:
            result[package] = version(package)
        except PackageNotFoundError:
            continue
    if "av" in result:
        import av

        result["ffmpeg"] = {name: ".".join(map(str, number)) for name, number in av.library_versions.items()}
    return result


def _splits(listing, rows, annotations, segments):
    """`(splits, match splits)`, as indices of the written rows."""
    if listing.splits:
        splits, match = rows_of([listing.splits[n] for n in rows]), None
    else:
        splits, match = (_released(listing, rows, suffix) for suffix in ("", "_match"))
    if splits is None or not all(map(len, splits.values())):
        if splits is not None:
            warnings.warn("a split of the annotations is empty; using new splits", stacklevel=5)
        splits, match = make_splits(annotations), None
        if len(splits["train"]) == len(annotations):
            warnings.warn("fewer than three videos: train, val and test are the same", stacklevel=5)
    if match is None:
        match = match_splits(annotations, splits, segments)
    return splits, {s: r for s, r in match.items() if len(r)}


def _released(listing, rows, suffix):
    """The splits of the order files beside the annotations, renumbered; None if a file is missing."""
    folder, count = listing.file.parent, len(listing.annotations)
    if not all((folder / f"{s}_order{suffix}.h5").is_file() for s in layout.SPLITS):
        return None
    new_row = {row: n for n, row in enumerate(rows)}
    read = {s: layout.read_split(folder, s, count, suffix) for s in layout.SPLITS}
    return {s: np.array([new_row[r] for r in order if r in new_row], "int64") for s, order in read.items()}
