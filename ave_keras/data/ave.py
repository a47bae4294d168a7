"""The data set: annotations, labels, splits and features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ave_keras.data import layout
from ave_keras.data.contents import array_sums, class_weights, drop_bad_rows, file_sums, no_clips
from ave_keras.data.directory import read_directory
from ave_keras.data.storage.fingerprint import combined
from ave_keras.data.storage.rows import check_row_numbers
from ave_keras.errors import AVEError

if TYPE_CHECKING:
    from ave_keras.data.annotations import Annotation
    from ave_keras.data.dataset import AVEDataset
    from ave_keras.data.features import Features

NONE = np.empty(0, "int64")


class AVE:
    """An audio-visual event localization data set, in memory or in the official files; features are read on demand.

    Create one with `AVE.from_directory` or `AVE.synthetic`. It has N videos of T segments and C event classes; column C
    of the labels is background.

    Attributes:
        title: The name in tables: "AVE" for the released data set, "synthetic AVE", or the folder's name.
        folder: The folder; None in memory.
        annotations: N `Annotation`s, in the order of the rows.
        class_names: C names in order of first appearance.
        segments: T.
        labels: `(N, T, C + 1)` float32, one-hot.
        video_labels: `(N, C + 1)` float32, one-hot; background is never set.
        splits: `{"train": …, "val": …, "test": …}` row numbers, int64.
        match_splits: The splits for cross-modality localization, if their files exist.
        source_mask: `(N, T, H, W)` uint8, 1 at the cells of the sounding object, or None.
        bad_rows: Rows dropped because a feature is NaN or infinite; numbers from N on are background clips.

    Example:

    >>> ave = AVE.from_directory("AVE_DIR")
    >>> model.fit(ave.dataset("train", shuffle=True), validation_data=ave.dataset("val"))

    Reference:
        Tian et al., Audio-Visual Event Localization in Unconstrained Videos, ECCV 2018, Sec. 3.
    """

    def __init__(
        self,
        *,
        title: str,
        annotations: Sequence[Annotation],
        class_names: Sequence[str],
        labels: np.ndarray,
        video_labels: np.ndarray,
        splits: dict[str, np.ndarray],
        features: Features,
        background_labels: np.ndarray,
        match_splits: dict[str, np.ndarray],
        source_mask: Any = None,
        folder: Path | None = None,
    ):
        self.title, self.folder = title, folder
        self.annotations, self.class_names = annotations, tuple(class_names)
        self.labels, self.video_labels = labels, video_labels
        self.segments, self.splits, self.match_splits = labels.shape[1], splits, match_splits
        self.source_mask, self.bad_rows = source_mask, NONE
        #: The `Features`; `dataset` makes batches of them.
        self.features = features
        self._background_labels = background_labels

    @classmethod
    def from_directory(
        cls,
        path: str | Path,
        *,
        segments: int | None = None,
        class_names: Sequence[str] | None = None,
        skip_bad: bool = False,
    ) -> AVE:
        """Opens a folder in the official layout.

        `Annotations.txt` and `{train,val,test}_order.h5` are required. Labels are rebuilt if their files are missing.
        Feature files are required for the modalities that `dataset` is called with only.

        Args:
            path: The folder.
            segments: T; by default that of the features, or 10 without features.
            class_names: The classes in the order of the columns; by default those in `dataset.yaml`, or in order of
                first appearance.
            skip_bad: Whether to read all features and drop rows with NaN or Inf from the splits, with a warning;
                `bad_rows` lists them.

        Raises:
            AVEError: a file is missing, truncated, or contradicts the annotations.
        """
        ave = cls(**read_directory(Path(path), segments, class_names))
        if skip_bad:
            drop_bad_rows(ave)
        return ave

    @classmethod
    def from_arrays(
        cls,
        audio: Any,
        visual: Any,
        events: Any,
        splits: Mapping[str, ArrayLike] | None = None,
        *,
        class_names: Sequence[str] | None = None,
        overlap: float = 0.5,
        title: str = "own data",
    ) -> AVE:
        """A data set of arrays in memory.

        Args:
            audio: `(N, T, d)`, a row per event, or a dict of video → `(T, d)`; None without sound.
            visual: `(N, T, height, width, depth)` or `(N, T, d)`, or a dict of video → array; None without pictures.
            events: N events `(video, class, start, end)` in seconds, `Annotation`s, or the path of an event list.
            splits: `{"train", "val", "test"}` row numbers; by default those of the list, else by `make_splits`.
            class_names: The classes in the order of the columns; by default in order of first appearance.
            overlap: The part of a second that an event must fill to cover it.
            title: The name of the data set in tables.

        Raises:
            AVEError: The arrays, events and splits contradict each other.

        Example:

        >>> ave = AVE.from_arrays(audio, visual, [("a.mp4", "Bark", 1.4, 4.7), ("b.mp4", "Cat", 0, 10)])
        """
        from ave_keras.data.importing.memory import from_arrays

        return cls(**from_arrays(audio, visual, events, splits, class_names, overlap, title))

    @classmethod
    def synthetic(cls, videos: int = 560, **options: Any) -> AVE:
        """The synthetic AVE in memory, float16; see `data.synthetic.SyntheticAVE` for the options."""
        from ave_keras.data.synthetic import SyntheticAVE

        return cls(**SyntheticAVE(videos, **options).in_memory())

    @property
    def is_reference(self) -> bool:
        """Whether this is the released AVE, which the paper's figures are for."""
        return self.title == "AVE"

    @property
    def num_classes(self) -> int:
        """C + 1, the number of columns of labels and outputs."""
        return len(self.class_names) + 1

    @property
    def spec(self) -> dict[str, Any]:
        """Arguments for `zoo.load`: `num_classes`, `segments`, and `audio_dim`, `visual_shape` of existing features."""
        spec = {"num_classes": self.num_classes, "segments": self.segments}
        if shape := self.input_shape("audio"):
            spec["audio_dim"] = shape[1]
        if shape := self.input_shape("visual"):
            spec["visual_shape"] = tuple(shape[1:])
        return spec

    def input_shape(self, modality: str) -> tuple[int, ...] | None:
        """Shape `(T, …)` of the features of one video in a modality; None without features."""
        return self.features.shape(modality)

    @property
    def background_rows(self) -> np.ndarray:
        """Row numbers (int64) of the background clips for the weak task; they follow those of the videos."""
        rows = len(self.annotations) + np.arange(len(self._background_labels))
        return rows[~np.isin(rows, self.bad_rows)]

    @cached_property
    def duplicates(self) -> dict[str, np.ndarray]:
        """`{video_id: rows}` of ids that occur more than once."""
        rows: dict[str, list[int]] = {}
        for row, a in enumerate(self.annotations):
            rows.setdefault(a.video_id, []).append(row)
        return {video_id: np.array(r) for video_id, r in rows.items() if len(r) > 1}

    @cached_property
    def leaks(self) -> dict[str, np.ndarray]:
        """`{"val": rows, "test": rows}` of videos that are in the train split, too."""
        ids = np.array([a.video_id for a in self.annotations])
        train = ids[self.splits["train"]]
        return {s: self.splits[s][np.isin(ids[self.splits[s]], train)] for s in ("val", "test")}

    @property
    def empty_events(self) -> np.ndarray:
        """Rows with an event of no segments."""
        return np.array([row for row, a in enumerate(self.annotations) if not a.length], "int64")

    def split(self, name: str) -> np.ndarray:
        """Row numbers of a split: "train", "val", "test", or one of them with "_match".

        Raises:
            AVEError: An unknown split, or an empty one.
        """
        splits = {**self.splits, **{f"{s}_match": rows for s, rows in self.match_splits.items()}}
        if name not in splits:
            raise AVEError("unknown split", file=self.folder, expected=f"one of {list(splits)}", found=repr(name))
        if not len(splits[name]):
            found = "NaN or Inf in all rows" if len(self.bad_rows) else "none"
            fix = "Extract these rows again, or write the row numbers of the split into its file"
            raise AVEError("empty split", file=self.folder, key=name, expected="at least one row", found=found, fix=fix)
        return splits[name]

    def dataset(
        self,
        split: str | ArrayLike,
        *,
        modalities: Sequence[str] = layout.MODALITIES,
        task: str | Mapping[str, str | tuple[str, int]] = "supervised",
        batch_size: int = 64,
        shuffle: bool | str = False,
        seed: int = 0,
        drop_remainder: bool = False,
        background: bool = False,
        dtype: str = "float32",
        on_gpu: bool = False,
        class_weight: str | Mapping[str, float] | None = None,
        augment: Mapping[str, float] | None = None,
    ) -> AVEDataset:
        """Batches `(x, y)` for `fit`, `evaluate` and `predict`.

        Args:
            split: The name of a split, or row numbers `(n,)`.
            modalities: The keys of `x`, among "audio" and "visual".
            task: "supervised", `y (B, T, C + 1)`; "weak", `y {"video": (B, C + 1), "segments": (B, T, C + 1)}`;
                "proposals", `y {"proposals", "segments"}`, both `(B, T, C + 1)`; or the targets of a model's outputs,
                such as `{"segments": "segments", "event": "event"}`, see `data.targets`.
            batch_size: Videos per batch.
            shuffle: Whether to shuffle in every epoch, by `seed` and the epoch; or "first_batch" only.
            seed: The seed of the order.
            drop_remainder: Whether to drop a last batch that is not full.
            background: Whether to add the background clips, as the released code does for the weak task.
            dtype: The type of the features.
            on_gpu: Whether to keep the features in GPU memory, if JAX or PyTorch has a GPU and they take at most an
                eighth of its free memory; batches are then tensors.
            class_weight: "balanced" for batches `(x, y, sample_weight)` in which every class of the training split
                counts the same, or `{class: weight}`, where background is "Background"; see `targets.ClassWeights`.
            augment: `{change: share of the videos}`, such as `{"swap": 0.5}`; see `augmenting.Augmentation`.

        Returns:
            `AVEDataset`, a `keras.utils.PyDataset`.

        Raises:
            AVEError: An unknown split, modality, task or class; a missing feature file; a number that is not a row.
        """
        from ave_keras.data.augmenting.augmentation import Augmentation
        from ave_keras.data.dataset import AVEDataset

        rows = self.split(split) if isinstance(split, str) else self._row_numbers(split)
        if background:
            if not len(self.background_rows):
                raise no_clips(self.folder, len(self._background_labels))
            rows = np.concatenate([rows, self.background_rows])
        clips = bool((rows >= len(self.annotations)).any())
        features = {m: self.features.rows(m, clips, on_gpu) for m in modalities}
        weights = None if class_weight is None else class_weights(self, class_weight, task, background)
        options: dict[str, Any] = {"shuffle": shuffle, "seed": seed, "drop_remainder": drop_remainder}
        options |= {"task": task, "batch_size": batch_size, "dtype": dtype, "weights": weights}
        options["augmentation"] = None if augment is None else Augmentation.from_dict(augment)
        segments, videos = self.all_labels
        return AVEDataset(features, segments, videos, rows, **options)

    def check(
        self,
        rows: ArrayLike,
        modalities: Sequence[str] = layout.MODALITIES,
        advance: Callable[[int], object] = lambda n: None,
    ) -> list[tuple[int, str]]:
        """Checks the features of `rows` for NaN and Inf; returns a list of `(row, file)`."""
        rows = np.unique(self._row_numbers(rows))
        clips = bool((rows >= len(self.annotations)).any())
        return sorted(bad for m in modalities for bad in self.features.stored(m, clips).bad(rows, advance=advance))

    def fingerprint(self) -> dict[str, Any]:
        """`{"sha256": …, "files": {name: sha256}}` of the contents of the data set."""
        return combined(file_sums(self) if self.folder else self._array_sums)

    _array_sums = cached_property(array_sums)

    @cached_property
    def all_labels(self) -> tuple[np.ndarray, np.ndarray]:
        """Labels of videos and background clips, `(N + n, T, C + 1)` and `(N + n, C + 1)`."""
        clips = np.repeat(self._background_labels[:, None], self.segments, axis=1)
        return np.concatenate([self.labels, clips]), np.concatenate([self.video_labels, self._background_labels])

    def _row_numbers(self, rows):
        return check_row_numbers(rows, len(self.annotations) + len(self._background_labels), self.folder)
