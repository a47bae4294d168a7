"""New training examples from the seconds of a batch: exchanged sound or sight, pasted windows, shifted videos."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np

from ave_keras.errors import AVEError

# What a change needs to know: where the seconds of the event are, or only which event a video has.
OF_SECONDS = ("swap", "swap_visual", "remix", "paste")


@dataclass(frozen=True)
class Augmentation:
    """The share of the videos of a batch that each change is applied to.

    An event is where something is both seen and heard. So the sound of one class beside the picture of another is
    background, and sound and picture of two videos of one class are an event, although they were not recorded together.
    Changes that need the labels of seconds leave at least one second of the video's event, so that the video keeps its
    class. The changes are made in the order of the attributes, each on the result of the one before.

    Attributes:
        shift: Rotates a whole video in time.
        paste: Replaces a window of up to half the video by one of another video of the same class, with its labels.
        remix: Replaces the sound, or the picture, of the seconds with an event by seconds with the same event of
            another video; the labels stay.
        swap: Replaces the sound, or the picture, of a window by that of a video without this class; the window becomes
            background.
        swap_visual: As `swap`, but always the picture: something is heard and not seen. Networks tend to take the sound
            of an event for the event.
        swap_videos: As `swap`, for whole videos, which become background videos. It needs no labels of seconds, so
            that weakly supervised networks can learn with it.

    Raises:
        AVEError: A share is not a number from 0 to 1.

    Example:

    >>> ave.dataset("train", shuffle=True, augment={"swap": 0.5, "remix": 0.5})
    """

    shift: float = 0.0
    paste: float = 0.0
    remix: float = 0.0
    swap: float = 0.0
    swap_visual: float = 0.0
    swap_videos: float = 0.0

    def __post_init__(self):
        """Checks the shares."""
        for field in fields(self):
            share = getattr(self, field.name)
            number = isinstance(share, int | float) and not isinstance(share, bool)
            if not number or not 0 <= share <= 1:
                expected = "the share of the videos to change, from 0 to 1"
                raise AVEError(
                    "invalid augmentation", key=f"augment.{field.name}", expected=expected, found=repr(share)
                )

    @classmethod
    def from_dict(cls, shares: Any) -> Augmentation:
        """An augmentation from `{change: share}`.

        Raises:
            AVEError: An unknown change, or an invalid share.
        """
        known = [field.name for field in fields(cls)]
        if not isinstance(shares, Mapping) or not shares or set(shares) - set(known):
            expected = f"shares by change, such as {{swap: 0.5}}, out of {', '.join(known)}"
            raise AVEError("unknown augmentation", key="augment", expected=expected, found=repr(shares))
        return cls(**shares)

    @property
    def of_seconds(self) -> list[str]:
        """The changes in use that need the labels of seconds."""
        return [name for name in OF_SECONDS if getattr(self, name)]

    def __call__(self, segments: np.ndarray, videos: np.ndarray | None, rng: np.random.Generator) -> Batch:
        """Draws the changes of a batch.

        Args:
            segments: `(B, T, C + 1)` one-hot.
            videos: `(B, C + 1)` one-hot or multi-hot, or None.
            rng: The source of all choices.
        """
        batch = Batch(segments, videos)
        for field in fields(self):
            share, change = getattr(self, field.name), CHANGES[field.name]
            if share:
                chosen = np.flatnonzero(rng.random(len(segments)) < share).tolist()
                before = batch.copy()
                for video in chosen:
                    change(batch, before, video, rng)
        return batch


class Batch:
    """Where every second of a changed batch comes from, and its labels.

    Attributes:
        sources: `{"audio": (video, second), "visual": …}`, both `(B, T)` numbers within the batch.
        segments: `(B, T, C + 1)`.
        videos: `(B, C + 1)`, or None.
    """

    def __init__(self, segments: np.ndarray, videos: np.ndarray | None):
        count, seconds = segments.shape[:2]
        own = np.indices((count, seconds))
        self.sources = {"audio": own.copy(), "visual": own}
        self.segments = segments.copy()
        self.videos = None if videos is None else videos.copy()

    def copy(self) -> Batch:
        """A copy with arrays of its own."""
        other = Batch(self.segments, self.videos)
        other.sources = {key: source.copy() for key, source in self.sources.items()}
        return other

    def gather(self, name: str, features: Any) -> Any:
        """The features `(B, T, …)` of a modality after the changes; arrays or tensors."""
        video, second = self.sources[name]
        return features[video, second]

    @property
    def classes(self) -> np.ndarray:
        """`(B, C)` booleans, the events of the videos; of their own labels, if they have any, else of their seconds."""
        known = self.segments.max(axis=1) if self.videos is None else self.videos
        return known[:, :-1] > 0

    def others(self, video: int, same: bool) -> np.ndarray:
        """The other videos of the batch that share an event with `video`, or share none."""
        found = np.flatnonzero((self.classes & self.classes[video]).any(axis=1) == same)
        return found[found != video]

    def events(self, video: int) -> np.ndarray:
        """The numbers of the seconds with an event."""
        return np.flatnonzero(self.segments[video, :, -1] == 0)


def _window(seconds, longest, rng):
    length = rng.integers(1, longest + 1)
    start = rng.integers(0, seconds - length + 1)
    return np.arange(start, start + length)


def _shift(batch, before, video, rng):
    seconds = batch.segments.shape[1]
    order = np.roll(np.arange(seconds), rng.integers(seconds))
    for source in batch.sources.values():
        source[:, video] = source[:, video, order]
    batch.segments[video] = batch.segments[video, order]


def _paste(batch, before, video, rng):
    others = before.others(video, same=True)
    if not len(others):
        return
    seconds = batch.segments.shape[1]
    to = _window(seconds, max(seconds // 2, 1), rng)
    start = rng.integers(0, seconds - len(to) + 1)
    other, at = rng.choice(others), np.arange(start, start + len(to))
    labels = before.segments[video].copy()
    labels[to] = before.segments[other, at]
    # A video of several classes is left as it is where the other one has a class that it does not have.
    if (labels[:, :-1].max(axis=0) > 0).tolist() != before.classes[video].tolist():
        return
    for name, source in batch.sources.items():
        source[:, video, to] = before.sources[name][:, other, at]
    batch.segments[video] = labels


def _remix(batch, before, video, rng):
    name, class_of = _modality(rng), before.segments[:, :, :-1].argmax(axis=-1)
    for other in rng.permutation(before.others(video, same=True)):
        own, theirs = before.events(video), before.events(other)
        if len(own) and len(theirs) and len({*class_of[video, own], *class_of[other, theirs]}) == 1:
            batch.sources[name][:, video, own] = before.sources[name][:, other, np.resize(theirs, len(own))]
            return


def _swap(batch, before, video, rng, name=None):
    name = name or _modality(rng)
    others, seconds = before.others(video, same=False), batch.segments.shape[1]
    to = _window(seconds, seconds, rng)
    own = before.events(video)
    if not len(others) or (len(own) and np.isin(own, to).all()):
        return
    start = rng.integers(0, seconds - len(to) + 1)
    batch.sources[name][:, video, to] = before.sources[name][:, rng.choice(others), start : start + len(to)]
    batch.segments[video, to] = _background(batch.segments)


def _swap_videos(batch, before, video, rng):
    others = before.others(video, same=False)
    if not len(others):
        return
    name = _modality(rng)
    batch.sources[name][:, video] = before.sources[name][:, rng.choice(others)]
    batch.segments[video] = _background(batch.segments)
    if batch.videos is not None:
        batch.videos[video] = _background(batch.videos)


def _background(labels):
    """The label of background, `(C + 1,)`."""
    return np.eye(labels.shape[-1], dtype=labels.dtype)[-1]


def _modality(rng):
    return "audio" if rng.random() < 0.5 else "visual"


CHANGES: dict[str, Callable[[Batch, Batch, int, np.random.Generator], None]] = {
    "shift": _shift,
    "paste": _paste,
    "remix": _remix,
    "swap": _swap,
    "swap_visual": partial(_swap, name="visual"),
    "swap_videos": _swap_videos,
}
