"""Checks of event lists as a whole."""

from __future__ import annotations

import itertools
import warnings
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ave_keras.errors import AVEError

if TYPE_CHECKING:
    from ave_keras.data.annotations import Annotation
    from ave_keras.data.events.listing import Listing


def check_events(annotations: list[Annotation], place: str | Path) -> None:
    """Warns of overlapping events and of ids that differ in case only.

    Raises:
        AVEError: There are no events.
    """
    if not annotations:
        raise AVEError("no event fills enough of a second", file=place, key="overlap")
    _warn_of_overlaps(annotations, place)
    warn_of_case(annotations, place)


def check_ends(listing: Listing, rows: Iterable[int], segments: int) -> None:
    """Raises `AVEError` for the first of these annotations that ends after `segments`."""
    for row in rows:
        a = listing.annotations[row]
        if a.end > segments:
            raise AVEError(
                "event ends after the video",
                file=listing.places[row] if listing.places else listing.file,
                expected=f"end <= {segments}",
                found=f"{a.video_id}: {a.start} to {a.end}",
                fix="Fix the line, or set a larger --segments",
            )


def _warn_of_overlaps(annotations, path):
    videos = defaultdict(list)
    for annotation in annotations:
        videos[annotation.video_id].append(annotation)
    pairs = (pair for events in videos.values() for pair in itertools.combinations(events, 2))
    both = [(a, b) for a, b in pairs if max(a.start, b.start) < min(a.end, b.end)]
    if both:
        a, b = both[0]
        example = f"{a.video_id}: {a.class_name} {a.start}-{a.end} and {b.class_name} {b.start}-{b.end}"
        warnings.warn(
            f"{path}: pairs of events that overlap: {len(both)}. Each event stays a row of its own. First, {example}",
            stacklevel=4,
        )


def warn_of_several_splits(annotations: list[Annotation], splits: list[str], path: str | Path) -> None:
    """Warns of videos with events in several splits."""
    found = defaultdict(set)
    for annotation, split in zip(annotations, splits, strict=True):
        found[annotation.video_id].add(split)
    several = [video for video, names in found.items() if len(names) > 1]
    if several:
        warnings.warn(f"{path}: videos in several splits: {len(several)}. First, {several[0]}", stacklevel=4)


def warn_of_case(annotations: list[Annotation], path: str | Path) -> None:
    """Warns of ids that differ in case only."""
    folded = defaultdict(set)
    for annotation in annotations:
        folded[annotation.video_id.casefold()].add(annotation.video_id)
    alike = [sorted(ids) for ids in folded.values() if len(ids) > 1]
    if alike:
        ids = " and ".join(alike[0])
        warnings.warn(
            f"{path}: ids that differ in case only: {len(alike)}, taken for different videos. First, {ids}",
            stacklevel=4,
        )
