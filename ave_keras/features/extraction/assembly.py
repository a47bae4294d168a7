"""Finished parts put together: the official layout, its splits, and the manifest."""

import json
import platform
import warnings
from importlib.metadata import PackageNotFoundError, version

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

MANIFEST = "extraction.json"
PACKAGES = ("ave-keras", "keras", "numpy", "av", "tensorflow", "tensorflow-cpu", "jax", "torch", "tensorflow-io")


def assemble(out, listing, rows, files, clips, about, segments, title, force):
    """Writes the folder.

    Args:
        out: its path.
        listing: the `Listing`.
        rows: numbers of its lines that are written.
        files: the part of each.
        clips: the parts of background clips.
        about: the manifest, to which the sums of the files are added.
        segments: T.
        title: of the data set, or None.
        force: replaces one that is there.

    Raises:
        AVEError: it cannot be written; nothing is kept then, and the parts stay.
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
        about["files"] = {p.name.removesuffix(PARTIAL): file_sha256(p) for p in written}
        new(MANIFEST).write_text(json.dumps(about, indent=1, ensure_ascii=False), encoding="utf-8")


def _write_features(path, key, files):
    first = read_part(files[0])[key]
    blocks = (read_part(file)[key][None] for file in files)
    write_rows(path, FEATURES, (len(files), *first.shape), first.dtype, blocks)


def versions():
    """Of what the features depend on, for the manifest."""
    found = {"python": platform.python_version(), "backend": keras.backend.backend()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    if "av" in found:
        import av

        found["ffmpeg"] = {name: ".".join(map(str, number)) for name, number in av.library_versions.items()}
    return found


def _splits(listing, rows, annotations, segments):
    """`(splits, match splits)` by row of what is written."""
    if listing.splits:
        given, match = rows_of([listing.splits[n] for n in rows]), None
    else:
        given, match = (_released(listing, rows, suffix) for suffix in ("", "_match"))
    if given is None or not all(map(len, given.values())):
        if given is not None:
            warnings.warn("a split of the annotations is empty; splits are made anew", stacklevel=5)
        given, match = make_splits(annotations), None
        if len(given["train"]) == len(annotations):
            warnings.warn("fewer than three videos: train, val and test are the same", stacklevel=5)
    if match is None:
        match = match_splits(annotations, given, segments)
    return given, {s: r for s, r in match.items() if len(r)}


def _released(listing, rows, suffix):
    """Splits of order files beside the annotations, renumbered; None where they are not all there."""
    folder, count = listing.file.parent, len(listing.annotations)
    if not all((folder / f"{s}_order{suffix}.h5").is_file() for s in layout.SPLITS):
        return None
    place = {row: n for n, row in enumerate(rows)}
    read = {s: layout.read_split(folder, s, count, suffix) for s in layout.SPLITS}
    return {s: np.array([place[r] for r in order if r in place], "int64") for s, order in read.items()}
