"""The manifest of a published folder: what the model is, and the sha256 of every other file."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ave_keras.errors import AVEError

MANIFEST = "ave_keras.json"
MODEL = "model.keras"
FORMAT = 1
KEYS = {
    **{"entry": str, "protocol": str, "data": str, "license": str},
    **{"class_names": list, "shapes": dict, "scores": dict, "files": dict},
}
OPTIONAL_KEYS = {"recipe": dict, "encoders": dict, "versions": dict, "temperature": float, "unknown": dict}
SHAPES = ("num_classes", "segments", "audio_dim", "visual_shape")
# A listed file lies in the folder itself: a manifest must not make a reader open any other.
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
SUM = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Published:
    """A published model on this machine, whose checksums are right.

    Attributes:
        folder: The folder with its files.
        address: Where it comes from: the folder, a tag, or `hf://USER/NAME@COMMIT`.
        manifest: The contents of `ave_keras.json`.
    """

    folder: Path
    address: str
    manifest: dict[str, Any]

    @property
    def model(self) -> Path:
        """The `.keras` file."""
        return self.folder / MODEL

    @property
    def entry(self) -> str:
        """The name of its entry."""
        return self.manifest["entry"]

    @property
    def shapes(self) -> dict[str, Any]:
        """`num_classes`, `segments`, `audio_dim` and `visual_shape`, as far as the model has them."""
        return {
            key: tuple(value) if isinstance(value, list) else value for key, value in self.manifest["shapes"].items()
        }


def sha256(path: Path) -> str:
    """Hexadecimal sum of a file, always read anew: a cached sum would not show that the file has been changed."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(path: Path) -> dict[str, Any]:
    """Reads `ave_keras.json`.

    Raises:
        AVEError: It is not a manifest, or lists a file outside of its folder.
    """
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _invalid(path, None, "JSON", " ".join(str(error).split())) from None
    if not isinstance(manifest, dict):
        raise _invalid(path, None, "a mapping", type(manifest).__name__)
    for key, kind in {**KEYS, **{key: kind for key, kind in OPTIONAL_KEYS.items() if key in manifest}}.items():
        if not isinstance(manifest.get(key), kind):
            raise _invalid(path, key, f"a value of type {kind.__name__}", repr(manifest.get(key)))
    if manifest.get("format") != FORMAT:
        raise _invalid(path, "format", FORMAT, manifest.get("format"))
    if other := sorted(set(manifest["shapes"]) - set(SHAPES)):
        raise _invalid(path, "shapes", SHAPES, other)
    for name, digest in manifest["files"].items():
        if not FILE_NAME.fullmatch(name) or not SUM.fullmatch(str(digest)):
            raise _invalid(path, f"files.{name}", "the name of a file in this folder, and its sha256", digest)
    if MODEL not in manifest["files"]:
        raise _invalid(path, "files", MODEL, sorted(manifest["files"]))
    return manifest


def check_files(folder: Path, manifest: dict[str, Any]) -> None:
    """Compares the files of a folder with the manifest.

    Raises:
        AVEError: A file is missing or differs; the message names it.
    """
    for name, digest in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            raise AVEError("a file of the published model is missing", file=path, fix="Download the whole folder again")
        if (found := sha256(path)) != digest:
            raise AVEError(
                "this file is not the published one",
                file=path,
                expected=f"sha256 {digest[:16]}…",
                found=f"{found[:16]}…",
                fix="Download it again; if you have changed it yourself, publish the model again",
            )


def _invalid(path, key, expected, found):
    return AVEError(f"invalid {MANIFEST}", file=path, key=key, expected=expected, found=found)
