"""One feature file per video, so that an interrupted extraction resumes."""

import hashlib
import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from ave_keras.data.storage.fingerprint import combined, file_sha256
from ave_keras.errors import AVEError
from ave_keras.features.encoders.registry import is_plugin

FOLDER = ".extract"


class Parts:
    """The feature files of finished videos ("parts"), in a folder inside the output folder.

    The name of a part is a hash of the video's content and of the recipe: changing either computes the part again.

    Args:
        out: The folder of the data set.
        recipe: The result of `recipe_of`.
    """

    def __init__(self, out: str | Path, recipe: dict[str, Any]):
        self.folder, self._recipe = Path(out) / FOLDER, json.dumps(recipe, sort_keys=True)

    def prepare(self) -> None:
        """Creates the folder, so that a write error shows before anything is computed."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AVEError(
                "cannot write to the folder", file=self.folder.parent, found=error.strerror, fix="Choose another one"
            ) from error

    def path(self, digest: str) -> Path:
        """The path of the part for the video with this checksum."""
        return self.folder / (hashlib.sha256(f"{digest}{self._recipe}".encode()).hexdigest()[:32] + ".npz")

    def write(self, digest: str, features: dict[str, np.ndarray]) -> None:
        """Writes a part atomically."""
        path = self.path(digest)
        temporary = path.with_name(f".{path.stem}.{os.getpid()}.npz")
        try:
            with temporary.open("wb") as file:
                np.savez(file, audio=features["audio"], visual=features["visual"])
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise AVEError(
                "cannot write the features",
                file=path,
                found=error.strerror or error,
                fix="Free some space and run the same command again; finished videos are kept",
            ) from error

    def remove(self) -> None:
        """Removes all parts, including those of other recipes."""
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                path.unlink()
            self.folder.rmdir()


def read_part(path: str | Path) -> dict[str, np.ndarray]:
    """Reads a part: `{"audio", "visual"}`."""
    with np.load(path) as arrays:
        return {key: arrays[key] for key in ("audio", "visual")}


def video_sha256(path: str | Path) -> str:
    """The checksum of a video file, or of all files in a folder of pictures.

    Raises:
        AVEError: The file is missing.
    """
    path = Path(path)
    if not path.exists():
        raise AVEError("video not found", file=path, fix="Check the path")
    if path.is_dir():
        return combined({p.name: file_sha256(p) for p in sorted(path.iterdir()) if p.is_file()})["sha256"]
    return file_sha256(path)


def recipe_of(audio: tuple[str, dict], visual: tuple[str, dict], **rest: Any) -> dict[str, Any]:
    """Everything that determines the features, as JSON-able values.

    Args:
        audio: The `(name, options)` of the audio encoder.
        visual: The same for the visual encoder.
        rest: Other settings, such as the number of segments.
    """
    return {"audio": _encoder(*audio), "visual": _encoder(*visual), **rest}


def _encoder(name, options):
    """An encoder's name and options, and the checksums of the files among them and of a plug-in's module."""
    files = [str(value) for value in options.values() if isinstance(value, (str, Path)) and Path(value).is_file()]
    if is_plugin(name):
        try:
            spec = importlib.util.find_spec(name.split(":")[0])
        except ModuleNotFoundError:
            spec = None
        files += [spec.origin] if spec and spec.origin and Path(spec.origin).is_file() else []
    return {
        "encoder": name,
        "options": {key: str(value) if isinstance(value, Path) else value for key, value in options.items()},
        "sha256": {Path(file).name: file_sha256(file) for file in files},
    }
