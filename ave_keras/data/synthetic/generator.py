"""The synthetic AVE, a generative model with known ground truth."""

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ave_keras.data import layout
from ave_keras.data.annotations import Annotation, segment_labels, video_labels
from ave_keras.data.features import Features
from ave_keras.data.synthetic import scenario, signals
from ave_keras.data.synthetic.writing import write
from ave_keras.errors import AVEError

TITLE = "synthetic AVE"
# Shares of the released data set.
AVE_VIDEOS, AVE_HELD_OUT, AVE_BACKGROUND = 4143, 402, 178
# Independent streams of random numbers. Each video has its own, so that any part can be generated separately.
PROTOTYPES, SPLITS, SCENARIO, FEATURES, BACKGROUND = range(5)

Block = namedtuple("Block", "audio visual mask")


class SyntheticAVE:
    """Generates videos of `classes` artificial events with known ground truth.

    An event is the time in which its source is both heard and seen; segments with only one of the two are background.
    Classes 0 and 1 sound alike and look different, 2 and 3 look alike and sound different, 4 and 5 differ in both, and
    so on. The source covers a few moving cells of the map; other cells contain silent objects of other classes. Event
    lengths follow the histogram of AVE; features are non-negative and sparse, with the statistics of the released audio
    features. `scenario.py` draws what happens in a video, `signals.py` how it sounds and looks.

    Results on this data compare models with each other; they do not predict results on AVE.

    Args:
        videos: N.
        classes: C; video i has class i mod C.
        segments: T.
        audio_dim: Size d of the audio features.
        visual_shape: `(H, W, d)` of the visual features.
        background_videos: Number of clips without an event for the weak task; by default the same share as in AVE.
        seed: Seed of all random numbers.

    Raises:
        AVEError: Fewer than three videos, or an invalid size.
    """

    def __init__(
        self,
        videos: int = 560,
        *,
        classes: int = 28,
        segments: int = 10,
        audio_dim: int = 128,
        visual_shape: Sequence[int] = (7, 7, 512),
        background_videos: int | None = None,
        seed: int = 0,
    ):
        if seed < 0:
            raise AVEError("invalid seed", key="seed", expected="0 or more", found=seed)
        if videos < 3:
            raise AVEError("too few videos", key="videos", expected="at least 3, one for each split", found=videos)
        sizes = {"classes": classes, "segments": segments, "audio_dim": audio_dim, "visual_shape": min(visual_shape)}
        for name, size in sizes.items():
            if size < 1:
                raise AVEError("invalid size", key=name, expected="at least 1", found=size)
        if len(visual_shape) != 3:
            raise AVEError("invalid size", key="visual_shape", expected="(height, width, depth)", found=visual_shape)
        if background_videos is None:
            background_videos = max(1, round(videos * AVE_BACKGROUND / AVE_VIDEOS))
        self.videos, self.classes, self.segments, self.seed = videos, classes, segments, seed
        self.audio_dim, self.visual_shape = audio_dim, tuple(visual_shape)
        self.background_videos = background_videos
        self.class_names = tuple(f"synthetic {c:02}" for c in range(classes))

    @cached_property
    def annotations(self) -> list[Annotation]:
        """N `Annotation`s with the events of the scenarios."""
        scenarios = map(self._scenario, range(self.videos))
        return [
            Annotation(self.class_names[row % self.classes], f"synthetic{row:05}", "good", s.start, s.end)
            for row, s in enumerate(scenarios)
        ]

    @cached_property
    def splits(self) -> dict[str, np.ndarray]:
        """Row numbers by split, stratified by class in the proportions of AVE, and sorted by class as released."""
        rng, held_out = self._rng(SPLITS, 0), self._held_out
        rows = rng.permutation(self.videos)
        rows = rows[np.argsort(rows % self.classes, kind="stable")]
        test, rest = _every(rows, held_out)
        val, train = _every(rest, held_out)
        return {"train": train, "val": val, "test": test}

    @cached_property
    def match_splits(self) -> dict[str, np.ndarray]:
        """The splits for cross-modality localization; val and test contain short events only."""
        lengths = np.array([a.length for a in self.annotations])
        short = self._rng(SPLITS, 1).permutation(np.flatnonzero(lengths < self.segments))
        held_out = min(self._held_out, len(short) // 3)
        if not held_out:
            return {}
        test, val = np.sort(short[:held_out]), np.sort(short[held_out : 2 * held_out])
        train = np.setdiff1d(np.arange(self.videos), short[: 2 * held_out])
        return {"train": train, "val": val, "test": test}

    @property
    def _held_out(self):
        return max(1, round(self.videos * AVE_HELD_OUT / AVE_VIDEOS))

    def block(self, start: int, end: int) -> Block:
        """Features of the videos `start <= row < end`: float16 `audio` and `visual`, and uint8 `mask`."""
        return self._block(range(start, end), self._scenario, FEATURES)

    def background_block(self, start: int, end: int) -> Block:
        """Features of background clips; their masks are 0."""
        return self._block(range(start, end), self._background_scenario, BACKGROUND)

    def in_memory(self) -> dict[str, Any]:
        """The constructor arguments of an `AVE` with float16 arrays as features."""
        main = self.block(0, self.videos)
        clips = self.background_block(0, self.background_videos)
        annotations = self.annotations

        def parts(block, suffix):
            return {m: (getattr(block, m), f"synthetic {m}{suffix}") for m in layout.MODALITIES}

        return {
            "title": TITLE,
            "annotations": annotations,
            "class_names": self.class_names,
            "labels": segment_labels(annotations, self.class_names, self.segments),
            "video_labels": video_labels(annotations, self.class_names),
            "splits": dict(self.splits),
            "match_splits": dict(self.match_splits),
            "features": Features(parts(main, ""), parts(clips, " background") if self.background_videos else {}),
            "background_labels": self.background_labels,
            "source_mask": main.mask,
        }

    def write(
        self, folder: str | Path, *, force: bool = False, advance: Callable[[int], object] = lambda videos: None
    ) -> None:
        """Writes the official layout; see `ave_keras.data.synthetic.writing.write`."""
        write(self, folder, force=force, advance=advance)

    def describe(self) -> dict[str, Any]:
        """The contents of `dataset.yaml`: title, classes, and the arguments to generate the same data again."""
        return {
            "title": TITLE,
            "synthetic": True,
            "videos": self.videos,
            "classes": self.classes,
            "segments": self.segments,
            "audio_dim": self.audio_dim,
            "visual_shape": list(self.visual_shape),
            "background_videos": self.background_videos,
            "seed": self.seed,
            "class_names": list(self.class_names),
        }

    @property
    def background_labels(self) -> np.ndarray:
        """Labels of the background clips, `(n, C + 1)` float32: all background."""
        return np.eye(self.classes + 1, dtype="float32")[np.full(self.background_videos, self.classes)]

    @cached_property
    def _prototypes(self):
        sounds = signals.prototypes(self._rng(PROTOTYPES, 0), self.classes, self.audio_dim, "sound")
        looks = signals.prototypes(self._rng(PROTOTYPES, 1), self.classes, self.visual_shape[-1], "look")
        return sounds, looks

    def _rng(self, stream, number):
        return np.random.default_rng((self.seed, stream, number))

    def _scenario(self, row):
        return scenario.draw(
            self._rng(SCENARIO, row), row % self.classes, self.classes, self.segments, self.visual_shape[:2]
        )

    def _background_scenario(self, clip):
        rng = self._rng(SCENARIO, self.videos + clip)
        return scenario.draw_background(rng, self.classes, self.segments, self.visual_shape[:2])

    def _block(self, rows, draw, stream):
        sounds, looks = self._prototypes
        shapes = ((self.audio_dim,), self.visual_shape, self.visual_shape[:2])
        block = Block(
            *(np.empty((len(rows), self.segments, *s), t) for s, t in zip(shapes, ("f2", "f2", "u1"), strict=True))
        )
        for i, row in enumerate(rows):
            rng, drawn, label = self._rng(stream, row), draw(row), row % self.classes
            block.audio[i] = signals.audio(rng, drawn, sounds[label])
            block.visual[i] = signals.visual(rng, drawn, label, looks)
            block.mask[i] = drawn.mask
        return block


def _every(rows, count):
    """`count` evenly spaced elements of `rows`, and the rest; rows sorted by class are thus stratified."""
    taken = ((np.arange(count) + 0.5) * len(rows) / count).astype(int)
    return rows[taken], np.delete(rows, taken)
