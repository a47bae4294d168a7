"""The features of one video in a file of its own, so that a killed extraction goes on where it was."""

import hashlib
import importlib.util
import json
import os
from pathlib import Path

import numpy as np

from ave_keras.data.storage.fingerprint import combined, file_sha256
from ave_keras.errors import AVEError

FOLDER = ".extract"


class Parts:
    """A folder of finished videos, inside the one that is to be written.

    A part is named by the content of its video and by the recipe: another recipe or a mended video is computed anew.

    Args:
        out: the folder of the data set.
        recipe: what `recipe_of` gives.
    """

    def __init__(self, out, recipe):
        self.folder, self._recipe = Path(out) / FOLDER, json.dumps(recipe, sort_keys=True)

    def prepare(self):
        """Makes the folder, so that one that cannot be written is told before anything is computed."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AVEError(
                "the folder cannot be written", file=self.folder.parent, found=error.strerror, fix="Name another one"
            ) from error

    def path(self, digest):
        """Of the part of a video whose content has this sum."""
        return self.folder / (hashlib.sha256(f"{digest}{self._recipe}".encode()).hexdigest()[:32] + ".npz")

    def write(self, digest, features):
        """Writes a part whole or not at all."""
        path = self.path(digest)
        temporary = path.with_name(f".{path.stem}.{os.getpid()}.npz")
        try:
            with temporary.open("wb") as file:
                np.savez(file, **features)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise AVEError(
                "features cannot be written",
                file=path,
                found=error.strerror or error,
                fix="Make room and run the same command again: finished videos are kept",
            ) from error

    def remove(self):
        """Removes all parts, those of other recipes too."""
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                path.unlink()
            self.folder.rmdir()


def read_part(path):
    """`{"audio", "visual"}` of a part."""
    with np.load(path) as held:
        return {key: held[key] for key in ("audio", "visual")}


def video_sha256(path):
    """The sum of a video file, or of all files of a folder of pictures.

    Raises:
        AVEError: no such file.
    """
    path = Path(path)
    if not path.exists():
        raise AVEError("no such video", file=path, found="nothing")
    if path.is_dir():
        return combined({p.name: file_sha256(p) for p in sorted(path.iterdir()) if p.is_file()})["sha256"]
    return file_sha256(path)


def recipe_of(audio, visual, **rest):
    """What decides about the features, for JSON.

    Args:
        audio: `(name, options)` of the audio encoder.
        visual: of the visual encoder.
        rest: segments and the like.
    """
    return {"audio": _encoder(*audio), "visual": _encoder(*visual), **rest}


def _encoder(name, options):
    """An encoder by name and options; files among them, and the module of a plug-in, with their sums."""
    files = [str(value) for value in options.values() if isinstance(value, (str, Path)) and Path(value).is_file()]
    if ":" in name:
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
