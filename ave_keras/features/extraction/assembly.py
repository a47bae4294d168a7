"""Assembles finished parts into the official layout, with its splits and the manifest."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from ave_keras.data import layout
from ave_keras.data.storage.hdf5 import FEATURES
from ave_keras.data.storage.tables import write_tables
from ave_keras.data.storage.writing import new_files, write_rows
from ave_keras.features.extraction.outlines import outlines_of, write_source_mask
from ave_keras.features.extraction.parts import read_part

if TYPE_CHECKING:
    from ave_keras.data.events.listing import Listing

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
        title: The title of the data set; None for that in `dataset.yaml` beside the annotations, or the folder's name.
        force: Whether to replace an existing data set.

    Raises:
        AVEError: The data set cannot be written. No incomplete files remain, and the parts are kept.
    """
    with new_files(out, force) as new:
        for key in layout.MODALITIES:
            _write_features(new(f"{key}_feature.h5"), key, files)
            if clips:
                _write_features(new(layout.BACKGROUND[key][0]), key, clips)
        outlines, shape = outlines_of(listing.file, listing.official), read_part(files[0])["visual"].shape
        if outlines and len(shape) == 4:
            lines = [listing.positions[row] for row in rows]
            write_source_mask(new(layout.SOURCE_MASK), outlines, listing.lines, lines, segments, shape[1:3])
        title = title or (layout.marker(listing.file.parent).get("title") if listing.official else None)
        write_tables(new, listing, rows, segments, title or out.resolve().name, len(clips))
        manifest["files"] = new.sums()
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
