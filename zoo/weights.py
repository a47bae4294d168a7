"""Pretrained weights: the tags in `weights.yaml`, each with its data and scores."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ave_keras.errors import AVEError
from zoo import registry
from zoo.sharing.hub import PREFIX
from zoo.sharing.reading import is_address, open_published

if TYPE_CHECKING:
    from zoo.sharing.manifest import Published

FILE = Path(__file__).with_name("weights.yaml")
#: The tag that `ave-keras localize` uses if no model is given.
DEFAULT = "made-films"


@dataclass(frozen=True)
class Tag:
    """Pretrained weights of an entry.

    Attributes:
        tag: The name that `zoo.load(entry, weights=tag)` takes.
        entry: The name of the entry.
        address: A folder in this package, or `hf://USER/NAME@COMMIT`.
        sha256: The sum of the folder's `ave_keras.json`, which lists the sums of all other files.
        shapes: `num_classes`, `segments`, `audio_dim` and `visual_shape`, which `zoo.load` takes over.
        data: The title of the training data; the scores are on its test split.
        scores: `{metric: share}`.
        references: The same of trivial references, `{name: {metric: share}}`.
        license: The licence of the weights.
        commands: The commands that have made them.
    """

    tag: str
    entry: str
    address: str
    sha256: str
    shapes: dict[str, Any]
    data: str
    scores: dict[str, float]
    references: dict[str, dict[str, float]]
    license: str
    commands: tuple[str, ...]

    def open(self) -> Published:
        """The files on this machine, downloaded if necessary, with their sums checked."""
        source = self.address if self.address.startswith(PREFIX) else FILE.parent / self.address
        return replace(open_published(source, expected=self.sha256), address=self.tag)


@cache
def tags() -> dict[str, Tag]:
    """All tags, `{tag: Tag}`."""
    listed = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {tag: Tag(tag, **{**values, "commands": tuple(values["commands"])}) for tag, values in listed.items()}


def weights(name: str | None = None) -> dict[str, Tag]:
    """The pretrained weights of an entry, `{tag: Tag}`; of all entries by default.

    Raises:
        AVEError: An unknown entry.

    Example:

    >>> for tag, found in zoo.weights("av_att").items():
    ...     print(tag, found.data, found.scores)
    """
    wanted = None if name is None else registry.entry(name).name
    return {tag: found for tag, found in tags().items() if wanted in (None, found.entry)}


def find(source: object) -> Published | None:
    """The published model that a tag, a folder or `hf://USER/NAME` names; None for all else, such as a file.

    Raises:
        AVEError: It cannot be opened, see `zoo.sharing.reading.open_published`.
    """
    if isinstance(source, str) and source in tags() and not Path(source).exists():
        return tags()[source].open()
    return open_published(source) if is_address(source) else None  # type: ignore[arg-type]


def model_file(source: str | Path) -> Path:
    """The `.keras` file of a tag, a published folder or `hf://USER/NAME`; a file's own path.

    Raises:
        AVEError: It cannot be opened, or is neither a file nor any of these.
    """
    published = find(source)
    if published is None and not Path(source).suffix and not Path(source).exists():
        near = difflib.get_close_matches(str(source), tags(), n=3, cutoff=0.4)
        raise AVEError(
            "no such model",
            file=source,
            expected=f"a .keras file, a published folder, hf://USER/NAME or one of the tags {list(tags())}",
            fix=f"Nearest: {', '.join(near)}" if near else None,
        )
    return published.model if published else Path(source)


def pinned(source: str | None) -> str | None:
    """`hf://USER/NAME@COMMIT` for a model on a hub, which is downloaded; all else as it is."""
    return find(source).address if source and source.startswith(PREFIX) else source  # type: ignore[union-attr]


def public_name(source: str | None) -> str | None:
    """A name for others: an address on a hub or a tag as it is, of a path only the last part."""
    return source if source is None or source.startswith(PREFIX) or source in tags() else Path(source).name
