"""Reads the features of video after video in all modalities, and sets aside the videos whose features are unusable."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ave_keras.data.importing.segments import Form, stored_dtype
from ave_keras.data.importing.sources import Source
from ave_keras.data.storage.hdf5 import FEATURES, open_array
from ave_keras.data.storage.writing import spans, write_rows
from ave_keras.errors import AVEError

# A row of the annotations and its video: `(number, id)`.
Video = tuple[int, str]


class Gathering:
    """The features of videos in all modalities, in the form of the official layout.

    Args:
        sources: `{modality: Source}`.
        forms: `{modality: Form}`.
        videos: The `(number, id)` of each row to read.
        segments: T. By default that of most videos, or of the longest one if short ones are padded.
        inner: `{modality: sizes of a second}`; by default those of most videos.
        advance: Called after each video.

    Attributes:
        videos: The usable ones.
        left_out: `{id: reason}` of the others.
        segments: T.
        inner: The sizes of a second, by modality.
        dtypes: The types that all values of a modality fit in.

    Raises:
        AVEError: No video is usable.
    """

    def __init__(
        self,
        sources: dict[str, Source],
        forms: dict[str, Form],
        videos: Iterable[Video],
        segments: int | None = None,
        inner: dict[str, tuple[int, ...]] | None = None,
        advance: Callable[[], object] = lambda: None,
    ):
        self.sources, self.forms, self._cut = sources, forms, segments is not None
        self.left_out: dict[str, str] = {}
        found = {}
        for video in videos:
            if sizes := self._attempt(video, self._describe):
                found[video] = sizes
            advance()
        if not found:
            self._nothing_left()
        per_video = {video_id: sizes for (_, video_id), sizes in found.items()}
        lengths = [seconds for sizes in per_video.values() for seconds, _, _ in sizes.values()]
        padded = any(form.pad for form in forms.values())
        self.segments = segments or (max(lengths) if padded else _most_common(lengths))
        self.inner = inner or {m: _most_common([sizes[m][1] for sizes in per_video.values()]) for m in sources}
        self.videos = [v for v in found if self._attempt(v, partial(self._check, found))]
        if not self.videos:
            self._nothing_left()
        self.dtypes = {m: np.result_type(*{found[v][m][2] for v in self.videos}) for m in sources}

    def write(
        self, new: Callable[[str], Path], names: dict[str, str], advance: Callable[[], object] = lambda: None
    ) -> None:
        """Writes the features of the usable videos; those with damaged or unusable values are left out, too.

        Args:
            new: Returns the path to write for the name of a file, see `storage.writing.new_files`.
            names: `{modality: name of the file}`.
            advance: Called after each video.
        """
        paths = {m: new(name) for m, name in names.items()}
        kept: list[Video] = []
        with contextlib.ExitStack() as stack:
            data = {}
            for m, path in paths.items():
                shape = (len(self.videos), self.segments, *self.inner[m])
                data[m] = stack.enter_context(h5py.File(path, "w")).create_dataset(FEATURES, shape, self.dtypes[m])
            for video in self.videos:
                if values := self._attempt(video, self._values):
                    for m, array in values.items():
                        data[m][len(kept)] = array
                    kept.append(video)
                advance()
        if not kept:
            self._nothing_left()
        if len(kept) < len(self.videos):
            for path in paths.values():
                _shorten(path, len(kept))
        self.videos = kept

    def _attempt(self, video, call):
        """`{modality: result}` of a call for each modality; None, with the reason in `left_out`, if one fails."""
        results = {}
        for m in self.sources:
            try:
                results[m] = call(m, video)
            except AVEError as error:
                self.left_out[video[1]] = f"{video[1]}, {m}: {error}"
                return None
        return results

    def _describe(self, modality, video):
        array = self.sources[modality].find(*video)
        return *self.forms[modality].sizes(array.shape), stored_dtype(array.dtype)

    def _check(self, found, modality, video):
        seconds, inner, _ = found[video][modality]
        if inner != self.inner[modality]:
            raise AVEError("the size differs from that of other videos", expected=self.inner[modality], found=inner)
        short = seconds < self.segments and not self.forms[modality].pad
        if short or (seconds > self.segments and not self._cut):
            fix = "repeat its last second with pad" if short else f"cut it with segments={self.segments}"
            fix = f"Give its rows per second, or {fix}"
            raise AVEError("wrong length", expected=f"{self.segments} s", found=f"{seconds} s", fix=fix)
        return True

    def _values(self, modality, video):
        values = self.forms[modality].apply(self.sources[modality].find(*video), self.segments)
        with np.errstate(over="ignore"):
            values = values.astype(self.dtypes[modality])
        if not np.isfinite(values).all():
            bad = np.count_nonzero(~np.isfinite(values))
            raise AVEError("NaN, Inf or too large", expected=f"finite {values.dtype} values", found=f"{bad} others")
        return values

    def _nothing_left(self):
        reasons = Counter(reason.removeprefix(f"{video_id}, ") for video_id, reason in self.left_out.items())
        (reason, count), *others = reasons.most_common()
        video_id = next(v for v, r in self.left_out.items() if r == f"{v}, {reason}")
        found = f"{count} such as {video_id}" + (f", {len(self.left_out) - count} others" if others else "")
        raise AVEError("no usable video", found=found, fix=f"Its {reason}")


def _most_common(values: Sequence[Any]) -> Any:
    return Counter(values).most_common(1)[0][0]


def _shorten(path, rows):
    """Keeps the first rows of a file."""
    array, shorter = open_array(path, FEATURES), path.with_name(f".{path.name}")
    blocks = (array[start:end] for start, end in spans(rows, array[:1].nbytes))
    write_rows(shorter, FEATURES, (rows, *array.shape[1:]), array.dtype, blocks)
    shorter.replace(path)
