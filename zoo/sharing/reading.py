"""Opens published models: folders, and addresses on a hub."""

from __future__ import annotations

from pathlib import Path

from ave_keras.errors import AVEError, first_line
from zoo.sharing.hub import PREFIX, download
from zoo.sharing.manifest import MANIFEST, MODEL, Published, check_files, read_manifest, sha256
from zoo.sharing.scores import in_words


def is_address(source: object) -> bool:
    """Whether a string or path names a published model: `hf://…`, or a folder."""
    return isinstance(source, str | Path) and (str(source).startswith(PREFIX) or Path(source).is_dir())


def open_published(source: str | Path, expected: str | None = None) -> Published:
    """Opens a published model, after a download if it lies on a hub, and checks the sha256 of every file.

    Args:
        source: A folder of `ave-keras publish`, or `hf://USER/NAME`, with `@REVISION` if it shall not change.
        expected: The sha256 of `ave_keras.json`, if it is known.

    Raises:
        AVEError: There is no such model; a file is missing or changed; the folder is not a published one.

    Example:

    >>> open_published("hf://someone/barks@1f0c2d3").manifest["scores"]
    """
    if str(source).startswith(PREFIX):
        folder, address = download(str(source))
    else:
        folder, address = Path(source), str(source)
    path = folder / MANIFEST
    if not path.is_file():
        found = "a folder without it" if folder.is_dir() else "no such folder"
        fix = f"Write the folder with ave-keras publish {folder} --to FOLDER, or give the path of a .keras file"
        raise AVEError("not a published model", file=folder, expected=MANIFEST, found=found, fix=fix)
    if expected and sha256(path) != expected:
        raise AVEError("this file is not the published one", file=path, expected=f"sha256 {expected[:16]}…")
    manifest = read_manifest(path)
    _check_scores(path, manifest["scores"])
    check_files(folder, manifest)
    _check_model(path, manifest)
    return Published(folder, address, manifest)


def _check_model(path, manifest):
    """Raises an error if the manifest, which has no checksum in itself, does not describe the model beside it."""
    from ave_keras.models.files import read_metadata

    stored = read_metadata(path.with_name(MODEL))
    described = {key: manifest[key] for key in stored.keys() & manifest.keys()}
    classes = manifest["shapes"].get("num_classes")
    if classes is not None and classes != len(manifest["class_names"]) + 1:
        described["class_names"], stored["class_names"] = manifest["class_names"], f"{classes - 1} names"
    for key, value in sorted(described.items()):
        if value != stored[key]:
            fix = "Download the folder again, or publish the model again"
            raise AVEError(
                "this file does not describe its model", file=path, key=key, expected=stored[key], found=value, fix=fix
            )


def _check_scores(path, scores):
    try:
        list(in_words(scores))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        found = f"{type(error).__name__}: {first_line(error)}"
        raise AVEError(f"invalid {MANIFEST}", file=path, key="scores", found=found) from error
