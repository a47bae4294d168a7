"""Writes features that people already have as a data set in the official layout."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ave_keras.data import layout
from ave_keras.data.events.checks import check_ends
from ave_keras.data.events.listing import OVERLAP, read_listing
from ave_keras.data.importing.gathering import Gathering
from ave_keras.data.importing.segments import Form
from ave_keras.data.importing.sources import open_source
from ave_keras.data.storage.fingerprint import file_sha256
from ave_keras.data.storage.hdf5 import FEATURES, open_array
from ave_keras.data.storage.tables import write_tables
from ave_keras.data.storage.writing import existing_files, new_files, write_array
from ave_keras.errors import AVEError

MANIFEST = "import.json"


@dataclass(frozen=True)
class ImportResult:
    """The result of an import.

    Attributes:
        folder: The folder of the data set.
        rows: The number of rows.
        clips: The number of background clips.
        segments: T.
        sizes: `{modality: (sizes of a second, type)}`.
        left_out: `{video: reason}` for the videos and background clips that were left out.
    """

    folder: Path
    rows: int
    clips: int
    segments: int
    sizes: dict
    left_out: dict


def import_features(
    annotations: str | Path,
    out: str | Path,
    *,
    audio: str | Path | None = None,
    visual: str | Path | None = None,
    background_audio: str | Path | None = None,
    background_visual: str | Path | None = None,
    audio_rate: int = 1,
    visual_rate: int = 1,
    visual_layout: str | None = None,
    segments: int | None = None,
    pad: bool = False,
    overlap: float = OVERLAP,
    title: str | None = None,
    force: bool = False,
    start: Callable[[int], object] = lambda total: None,
    advance: Callable[[], object] = lambda: None,
) -> ImportResult:
    """Writes existing features in the official layout.

    Videos without features in every given modality, or whose features are damaged, of another size, or contain NaN or
    Inf, are left out and reported in the result; the others are written. float16 stays float16, other numbers become
    float32. `source_mask.h5` beside the annotations is copied. The splits are those of `features.extraction`.

    Args:
        annotations: The path of a table or a file or folder in the official format, see `events.listing.read_listing`.
        out: The folder to write.
        audio: The path of the audio features, in one of the `sources.FORMS`. An array of all videos has a row for every
            line of the annotations.
        visual: The path of the visual features; a data set may have one modality.
        background_audio: The audio features of clips without an event, for the weak task, in the order of their names.
        background_visual: The visual features of these clips.
        audio_rate: Rows of audio features per second, which are averaged.
        visual_rate: Rows of visual features per second.
        visual_layout: The place of the depth in maps, see `segments.Form`.
        segments: T; longer videos are then cut. By default the length of most videos, with `pad` of the longest.
        pad: Whether to repeat the last second of shorter videos.
        overlap: The part of a second that an event of a table must fill to cover it.
        title: The name of the data set in tables. By default the name of the folder.
        force: Whether to replace a data set in `out`.
        start: Called with the number of steps: each row is examined, then written.
        advance: Called after each step.

    Returns:
        `ImportResult`.

    Raises:
        AVEError: The annotations or options are invalid, no video is usable, or the folder cannot be written.

    Example:

    >>> import_features("events.csv", "OWN", audio="vggish", visual="clip/{id}_rgb.npy", visual_rate=16)
    """
    out = Path(out)
    if segments is not None and segments < 1:
        raise AVEError("invalid number", key="segments", expected="1 or more", found=segments)
    forms = {"audio": Form("audio", audio_rate, None, pad), "visual": Form("visual", visual_rate, visual_layout, pad)}
    paths = {m: path for m, path in (("audio", audio), ("visual", visual)) if path is not None}
    clip_paths = {
        m: path for m, path in (("audio", background_audio), ("visual", background_visual)) if path is not None
    }
    if not paths or (clip_paths and clip_paths.keys() != paths.keys()):
        expected = "at least one" if not paths else f"background clips in {' and '.join(paths)}"
        raise AVEError(
            "features are missing", key="audio, visual", expected=expected, found=", ".join(clip_paths) or "none"
        )
    listing = read_listing(annotations, overlap)
    existing_files(out, force)  # Checked before everything is read.
    sources = {m: open_source(path, m, listing.lines) for m, path in paths.items()}
    clips = {m: open_source(path, m) for m, path in clip_paths.items()}
    ids = [a.video_id for a in listing.annotations]
    numbered = {video: n for n, video in enumerate(zip(listing.positions, ids, strict=True))}
    clip_videos = clips[next(iter(clips))].videos() if clips else []
    start(2 * (len(numbered) + len(clip_videos)))
    main = Gathering(sources, forms, numbered, segments, advance=advance)
    check_ends(listing, [numbered[video] for video in main.videos], main.segments)
    background = clips and Gathering(clips, forms, clip_videos, main.segments, main.inner, advance)
    with new_files(out, force) as new:
        main.write(new, {m: f"{m}_feature.h5" for m in sources}, advance)
        rows = [numbered[video] for video in main.videos]
        if background:
            background.write(new, {m: layout.BACKGROUND[m][0] for m in sources}, advance)
        _copy_mask(new, listing, rows, main)
        number = len(background.videos) if background else 0
        write_tables(new, listing, rows, main.segments, title or out.resolve().name, number)
        left_out = main.left_out | (background.left_out if background else {})
        manifest = {
            "features": {m: {"source": source.name, **asdict(forms[m])} for m, source in sources.items()},
            "background": {m: source.name for m, source in clips.items()},
            "annotations": {"file": listing.file.name, "sha256": file_sha256(listing.file), "overlap": overlap},
            "left_out": left_out,
            "files": new.sums(),
        }
        new(MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8")
    sizes = {m: (main.inner[m], main.dtypes[m].name) for m in sources}
    return ImportResult(out, len(rows), number, main.segments, sizes, left_out)


def _copy_mask(new, listing, rows, main):
    """Copies the mask of sounding objects beside the annotations, if its cells are those of the visual features."""
    path = listing.file.parent / layout.SOURCE_MASK
    cells = main.inner.get("visual", ())[:-1]
    if not path.is_file() or not cells:
        return
    mask = open_array(path, FEATURES, kinds="uib")
    if mask.shape != (listing.lines, main.segments, *cells):
        expected = (listing.lines, main.segments, *cells)
        warnings.warn(f"{path} is not copied: expected shape {expected}, found {mask.shape}", stacklevel=3)
        return
    write_array(new(layout.SOURCE_MASK), FEATURES, np.asarray(mask[:])[rows])
