"""Downloads published models from a hub, by `huggingface_hub`."""

from __future__ import annotations

import re
from pathlib import Path

from ave_keras.errors import AVEError, first_line
from ave_keras.runtime.packages import require
from zoo.sharing.manifest import MANIFEST, read_manifest

PREFIX = "hf://"
ADDRESS = re.compile(r"hf://([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")


def download(address: str) -> tuple[Path, str]:
    """Downloads the files that a published model lists, into the cache of `huggingface_hub`.

    Args:
        address: `hf://USER/NAME`, or `hf://USER/NAME@REVISION` for a branch, a tag or a commit.

    Returns:
        The folder, and the address with the commit, `hf://USER/NAME@COMMIT`.

    Raises:
        AVEError: The address is not of this form; there is no such model, revision or network; a download fails.
    """
    if not (parts := ADDRESS.fullmatch(address)):
        raise AVEError("not the address of a model", expected="hf://USER/NAME or hf://USER/NAME@REVISION", found=address)
    repository, revision = parts.groups()
    manifest = _fetch(address, repository, MANIFEST, revision)
    # The cache has a folder for each commit, so that a branch that moves in between cannot mix two versions.
    commit = manifest.parent.name
    for name in read_manifest(manifest)["files"]:
        _fetch(address, repository, name, commit)
    return manifest.parent, f"{PREFIX}{repository}@{commit}"


def _fetch(address, repository, name, revision):
    hub = require("huggingface_hub", "sharing")
    try:
        return Path(hub.hf_hub_download(repository, name, revision=revision))
    except Exception as error:  # Its HTTP client, and with it the errors, have changed between versions.
        raise _as_ave_error(error, address, name) from error


def _as_ave_error(error, address, name):
    errors = require("huggingface_hub.errors", "sharing")
    if isinstance(error, errors.RevisionNotFoundError):
        return AVEError("no such revision on the hub", file=address, fix="Check what follows the @")
    if isinstance(error, errors.RepositoryNotFoundError):
        fix = "Check the name; for a private one, log in with: hf auth login"
        return AVEError("no such model on the hub", file=address, fix=fix)
    if isinstance(error, errors.LocalEntryNotFoundError | errors.OfflineModeIsEnabled):
        fix = "Connect to the network, or use a folder instead"
        return AVEError("cannot reach the hub, and the model is not in its cache", file=address, key=name, fix=fix)
    if isinstance(error, errors.EntryNotFoundError):
        fix = "It must be a folder that ave-keras publish has written"
        return AVEError(f"this model on the hub has no {name}", file=address, fix=fix)
    fix = "Run the same command again"
    return AVEError("the download failed", file=address, key=name, found=first_line(error), fix=fix)
