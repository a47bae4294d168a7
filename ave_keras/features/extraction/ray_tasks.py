"""The decoding task and the encoding actor that `ray_executor` runs on the nodes of a Ray cluster."""

from __future__ import annotations

import os
import platform
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ave_keras.errors import AVEError
from ave_keras.features.extraction.job import attempt
from ave_keras.features.extraction.parts import video_sha256

if TYPE_CHECKING:
    from ave_keras.features.extraction.job import Job


class Encoder:
    """A Ray actor with the encoders; `start` creates them, so that it reports their errors."""

    def __init__(self, job: Job, folder: str | Path, marker: Path):
        self.job, self.folder, self.marker = job, folder, marker

    def start(self) -> tuple[Any, list[str]]:
        """Creates the encoders; returns `(Job.input_specs(), warnings)`."""
        _enter(self.folder)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.job.start()
        return self.job.input_specs(), _texts(caught)

    def encode(self, path: Path, digest: str, decoded: tuple[np.ndarray, list[np.ndarray]]) -> tuple[Any, str | None]:
        """`(features, failure)`; the features are None if this node wrote them itself."""
        # Arrays from the object store are read-only; encoders may not expect that.
        sound, blocks = decoded[0].copy(), (block.copy() for block in decoded[1])
        features, failure = attempt(path, lambda: self.job.encode(path, sound, blocks))
        if failure or not self.marker.is_file():
            return features, failure
        return attempt(path, lambda: self.job.parts.write(digest, features))


def decode(
    path: Path, digest: str, specs: Any, job: Job, folder: str | Path
) -> tuple[tuple[str | None, list[str]], Any]:
    """A Ray task: returns `(failure, warnings)` and `(sound, blocks)`."""
    _enter(folder)
    _check_file(path, digest)

    def decode_all():
        sound, blocks = job.decode(path, *specs)
        return sound, list(blocks)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        decoded, failure = attempt(path, decode_all)
    return (failure, _texts(caught)), decoded


def _check_file(path, digest):
    try:
        found = "another file" if video_sha256(path) != digest else None
    except (AVEError, OSError) as error:
        found = "no file" if isinstance(error, AVEError) else error.strerror
    if found:
        raise AVEError(
            "a Ray node does not have the video",
            file=path,
            expected="the same file as on this machine",
            found=f"{found} on {platform.node()}",
            fix="Put the videos on a file system that all nodes share, or copy them to the same path on every node",
        )


def _enter(folder):
    """Changes to the folder of the command if the node has it, so that relative paths work."""
    if Path(folder).is_dir():
        os.chdir(folder)


def _texts(caught):
    return [str(warning.message) for warning in caught if issubclass(warning.category, UserWarning)]
