"""The features of a data set: the arrays of each modality, and their rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ave_keras.data.layout import BACKGROUND, MODALITIES, WHERE
from ave_keras.data.storage.hdf5 import FEATURES, fits, open_array
from ave_keras.data.storage.rows import Rows
from ave_keras.errors import AVEError

if TYPE_CHECKING:
    from ave_keras.data.storage.resident import ResidentRows

# (T, d) audio; (T, H, W, d) cells or (T, d) pooled vectors on the visual side.
INNER = {"audio": ((None, None),), "visual": ((None, None, None, None), (None, None))}


class Features:
    """The feature arrays of videos and background clips in each existing modality.

    Args:
        main: `{modality: (array, name)}` with arrays `(N, T, …)`; the name is the path of the file, for messages.
        background: The same for the background clips, `(n, T, …)`.
        folder: The folder of the files, for messages; None in memory.

    Raises:
        AVEError: The modalities differ in the number of clips or segments.
    """

    def __init__(
        self, main: dict[str, tuple[Any, Any]], background: dict[str, tuple[Any, Any]], folder: Path | None = None
    ):
        self.main, self.background, self.folder = main, background, folder
        #: T, or None without features.
        self.segments = _one("numbers of segments differ", {n: a.shape[1] for a, n in main.values()})
        #: The number of background clips.
        self.clips = _one("numbers of background clips differ", {n: len(a) for a, n in background.values()}) or 0
        self._on_gpu: dict[str, Rows | ResidentRows] = {}

    @classmethod
    def open(cls, folder: Path, rows: int) -> Features:
        """Opens the existing feature files of a folder and checks their number of rows."""
        main, background = {}, {}
        for modality in MODALITIES:
            path, inner = folder / f"{modality}_feature.h5", INNER[modality]
            if path.is_file():
                main[modality] = open_array(path, FEATURES, shape=tuple((rows, *i) for i in inner)), path
                inner = (main[modality][0].shape[1:],)
            for path in (folder / name for name in BACKGROUND[modality]):
                if path.is_file():
                    background[modality] = open_array(path, FEATURES), path
                    _same_rows(main.get(modality), background[modality], inner)
                    break
        return cls(main, background, folder)

    def shape(self, modality: str) -> tuple[int, ...] | None:
        """Shape `(T, …)` of one video; None without features."""
        return tuple(map(int, self.main[modality][0].shape[1:])) if modality in self.main else None

    def rows(self, modality: str, clips: bool = False, on_gpu: bool = False) -> Rows | ResidentRows:
        """The rows of a modality, in GPU memory if possible.

        Args:
            modality: "audio" or "visual".
            clips: Whether the rows of the background clips are needed; they are included if their file exists.
            on_gpu: Whether to keep the rows in GPU memory, if they fit; see `resident`. Training on several GPUs reads
                its batches from the host.

        Raises:
            AVEError: An unknown modality, or a missing file.
        """
        rows = self.stored(modality, clips)
        if not on_gpu:
            return rows
        import keras

        from ave_keras.data.storage.resident import resident

        # Checked in every call, because a later training may use several GPUs.
        if keras.distribution.distribution():
            return rows
        if modality not in self._on_gpu:
            self._on_gpu[modality] = resident(rows)
        return self._on_gpu[modality]

    def stored(self, modality: str, clips: bool = False) -> Rows:
        """The rows of a modality in their files; see `rows` for arguments and errors."""
        if modality not in MODALITIES:
            raise AVEError("unknown modality", key="modalities", expected=f"some of {MODALITIES}", found=repr(modality))
        if modality not in self.main:
            self._missing(f"{modality}_feature.h5", WHERE)
        if clips and modality not in self.background:
            self._missing(BACKGROUND[modality][0], "Train without background clips, or add the file. " + WHERE)
        return Rows(self.main[modality], *([self.background[modality]] if modality in self.background else []))

    def describe(self, modality: str) -> str:
        """Shape, type and storage of a modality's features, as text."""
        if modality not in self.main:
            return "no file"
        array = self.main[modality][0]
        access = "memory-mapped" if isinstance(array, np.memmap) else "in memory" if self.folder is None else "chunked"
        advice = "; `ave-keras data pack` makes reading faster" if access == "chunked" else ""
        return f"{tuple(map(int, array.shape))} {array.dtype.name}, {access}{advice}"

    def bad(self) -> list[tuple[int, str]]:
        """`(row, file)` of all rows with NaN or Inf; background clips are numbered after the videos."""
        every = [self.stored(modality) for modality in self.main]
        return sorted(bad for rows in every for bad in rows.bad(range(len(rows))))

    def _missing(self, name, fix):
        raise AVEError("file not found", file=Path(self.folder or "") / name, key=FEATURES, fix=fix)


def _same_rows(main, background, inner):
    """Raises `AVEError` unless the rows of background clips have one of the shapes `inner`."""
    array, path = background
    if not any(fits(array.shape[1:], shape) for shape in inner):
        videos = f"{main[1]} has rows of shape {main[0].shape[1:]}" if main else f"rows of shape {inner}"
        raise AVEError(
            "features of videos and of background clips differ in shape" if main else "wrong shape",
            file=path,
            key=FEATURES,
            expected=videos,
            found=f"rows of shape {array.shape[1:]}",
            fix="Extract both files in the same way",
        )


def _one(what, numbers):
    numbers = {str(name): int(number) for name, number in numbers.items()}
    if len(set(numbers.values())) > 1:
        raise AVEError(
            what, expected="the same number in both files", found=numbers, fix="Extract both in the same way"
        )
    return next(iter(numbers.values()), None)
