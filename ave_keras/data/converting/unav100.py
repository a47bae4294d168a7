"""UnAV-100: 100 classes, untrimmed videos with several events.

Source: Geng et al., Dense-Localizing Audio-Visual Events in Untrimmed Videos, CVPR 2023, and the file
`data/unav100_annotations.json` of their repository, ttgeng233/UnAV.
"""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path

import numpy as np

from ave_keras.data.converting.published import Published, read_json
from ave_keras.data.events.listing import covered
from ave_keras.data.events.names import split_of
from ave_keras.errors import AVEError

FILE = "unav100_annotations.json"


def read(source: Path, segments: int | None, overlap: float) -> Published:
    """The events of `unav100_annotations.json`, or of the folder that contains it.

    `{"database": {id: {"duration", "subset", "annotations": [{"segment": [start, end], "label", "label_id"}]}}}`

    Args:
        source: The file or its folder.
        segments: T; by default the length of the longest video in whole seconds.
        overlap: The part of a second that an event must fill to cover it.

    Raises:
        AVEError: The file is missing or invalid.
    """
    path = source / FILE if source.is_dir() else source
    database = read_json(path)
    database = database.get("database") if isinstance(database, dict) else None
    if not isinstance(database, dict):
        raise AVEError("not the annotations of UnAV-100", file=path, key="database", expected="a dict of videos")
    videos = {video_id: _video(path, video_id, entry) for video_id, entry in database.items()}
    segments = segments or max((math.ceil(duration) for duration, _, _ in videos.values()), default=0)
    numbers, rows, short = {}, [], 0
    for video_id, (_, split, events) in videos.items():
        active: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(segments, bool))
        for start, end, name, number in events:
            numbers[name] = number
            first, last = covered(start, end, overlap)
            active[name][first:last] = True
            short += not active[name][first:last].any()
        rows += [(video_id, name, split, on) for name, on in active.items() if on.any()]
    names = sorted({name for _, name, _, _ in rows}, key=numbers.__getitem__)
    left_out = [f"events that fill no second before {segments} s: {short}"] * bool(short)
    return Published("UnAV-100", names, segments, rows, left_out)


def _video(path, video_id, entry):
    """`(duration, split, [(start, end, class, number)])`."""
    try:
        split = split_of(entry["subset"], path)
        events = [(*map(float, e["segment"]), str(e["label"]), int(e["label_id"])) for e in entry["annotations"]]
        duration = float(entry["duration"])
        if not (0 < duration < math.inf and all(0 <= start < end < math.inf for start, end, _, _ in events)):
            raise ValueError("a time out of range")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, AVEError):
            raise
        expected = "duration, subset and annotations with segment, label and label_id"
        raise AVEError("invalid video", file=path, key=video_id, expected=expected, found=repr(error)) from error
    return duration, split, events
