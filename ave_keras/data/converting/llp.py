"""LLP, of audio-visual video parsing: 25 classes, ten seconds, events heard and events seen.

Source: Tian, Li and Xu, Unified Multisensory Perception: Weakly-Supervised Audio-Visual Video Parsing, ECCV 2020, and
the folder `data` of their repository, YapengTian/AVVP-ECCV20.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from ave_keras.data.annotations import Annotation
from ave_keras.data.converting.published import Published, read_table
from ave_keras.data.events.splits import make_splits
from ave_keras.errors import AVEError

SEGMENTS = 10
TIMES = {"audio": "AVVP_eval_audio.csv", "visual": "AVVP_eval_visual.csv"}
LISTS = {"val": "AVVP_val_pd.csv", "test": "AVVP_test_pd.csv"}


def read(source: Path) -> Published:
    """The events that are both heard and seen, second by second, of the validation and test videos.

    Training videos have no times, so that a tenth of the validation videos become the split val and the others train.

    Raises:
        AVEError: A file is missing or invalid.
    """
    seconds = {m: _seconds(source / name) for m, name in TIMES.items()}
    listed = {split: _videos(source / name) for split, name in LISTS.items()}
    both = {key: on & seconds["visual"][key] for key, on in seconds["audio"].items() if key in seconds["visual"]}
    events = defaultdict(list)
    for (video_id, name), active in both.items():
        if active.any():
            events[video_id].append((name, active))
    splits = _divided(listed["val"], events) | {video: "test" for video in listed["test"] if video in events}
    rows = [(video, name, split, active) for video, split in splits.items() for name, active in sorted(events[video])]
    silent = [video for video in (*listed["val"], *listed["test"]) if video not in events]
    left_out = []
    if silent:
        left_out.append(f"videos without an event that is both heard and seen: {len(silent)}, such as {silent[0]}")
    if unlisted := sorted(events.keys() - splits.keys()):
        left_out.append(f"videos in neither {LISTS['val']} nor {LISTS['test']}: {len(unlisted)}, such as {unlisted[0]}")
    return Published("LLP, heard and seen", sorted({name for _, name, _, _ in rows}), SEGMENTS, rows, left_out)


def _videos(path):
    return [line["filename"] for _, line in read_table(path, ["filename"], "\t")]


def _divided(videos, events):
    """`{video: "train" or "val"}`, by `make_splits`."""
    first = [Annotation(events[v][0][0], v, "good", 0, 0) for v in dict.fromkeys(videos) if v in events]
    held = {*make_splits(first)["val"]}
    return {a.video_id: "val" if n in held else "train" for n, a in enumerate(first)}


def _seconds(path):
    """`{(video, class): (10,) bool}` of one modality."""
    seconds: dict[tuple[str, str], np.ndarray] = defaultdict(lambda: np.zeros(SEGMENTS, bool))
    for place, line in read_table(path, ["filename", "onset", "offset", "event_labels"], "\t"):
        try:
            onset, offset = (int(float(line[key])) for key in ("onset", "offset"))
        except ValueError:
            found = f"{line['onset']!r}, {line['offset']!r}"
            raise AVEError("invalid event time", file=place, expected="whole seconds", found=found) from None
        if not 0 <= onset <= offset <= SEGMENTS:
            raise AVEError(
                "event outside the clip", file=place, expected="0 <= onset <= offset <= 10", found=f"{onset}, {offset}"
            )
        seconds[line["filename"], line["event_labels"]][onset:offset] = True
    return seconds
