"""Downloads published models from a hub, by `huggingface_hub`."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator
from pathlib import Path

from ave_keras.errors import AVEError, first_line
from ave_keras.runtime.packages import require
from zoo.sharing.manifest import MANIFEST, read_manifest

PREFIX = "hf://"
FORM = "hf://USER/NAME or hf://USER/NAME@REVISION"
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
        raise AVEError("not the address of a model", expected=FORM, found=address)
    repository, revision = parts.groups()
    hub = require("huggingface_hub", "sharing")

    def fetch(name, revision):
        with _one_line(address, name):
            return Path(hub.hf_hub_download(repository, name, revision=revision, local_files_only=offline))

    with _quiet():
        with _one_line(address, MANIFEST):
            offline = not _reachable(hub, repository, revision)
        manifest = fetch(MANIFEST, revision)
        # The cache has a folder for each commit, so that a branch that moves in between cannot mix two versions.
        commit = manifest.parent.name
        for name in read_manifest(manifest)["files"]:
            fetch(name, commit)
    return manifest.parent, f"{PREFIX}{repository}@{commit}"


def _reachable(hub, repository, revision):
    """Whether the hub answers; `hf_hub_download` tries for 23 seconds before it says that there is no network."""
    try:
        hub.get_hf_file_metadata(hub.hf_hub_url(repository, MANIFEST, revision=revision))
    except _answers(hub):
        raise
    except Exception:  # The errors of its HTTP client, which has changed between versions.
        return False
    return True


def _answers(hub):
    """The errors that are an answer of the hub, or come before a question."""
    names = "RepositoryNotFoundError", "RevisionNotFoundError", "EntryNotFoundError", "HFValidationError"
    return tuple(getattr(hub.errors, name) for name in names)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the remarks of `huggingface_hub` on every attempt."""
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def _one_line(address: str, name: str) -> Iterator[None]:
    """Turns all errors of the download of a file into an `AVEError`."""
    from huggingface_hub import errors

    try:
        yield
    except errors.HFValidationError:
        raise AVEError("not the address of a model", expected=FORM, found=address) from None
    except errors.RevisionNotFoundError as error:
        raise AVEError("no such revision on the hub", file=address, fix="Check what follows the @") from error
    except errors.RepositoryNotFoundError as error:
        fix = "Check the name; for a private one, log in with: hf auth login"
        raise AVEError("no such model on the hub", file=address, fix=fix) from error
    except errors.LocalEntryNotFoundError as error:
        fix = "Connect to the network, or use a folder instead"
        raise AVEError("cannot reach the hub, and its cache lacks the model", file=address, fix=fix) from error
    except errors.EntryNotFoundError as error:
        fix = "Upload all that ave-keras publish has written"
        raise AVEError(f"this model on the hub has no {name}", file=address, fix=fix) from error
    except Exception as error:  # See above.
        fix = "Run the same command again"
        raise AVEError(f"the download of {name} failed", file=address, found=first_line(error), fix=fix) from error
