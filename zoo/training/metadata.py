"""Metadata of a trained model: what it was trained on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ave_keras.data.layout import MODALITIES
from ave_keras.errors import AVEError
from ave_keras.features.extraction.assembly import MANIFEST, versions

if TYPE_CHECKING:
    from ave_keras.data.ave import AVE
    from zoo.entry import Entry


def run_metadata(entry: Entry, ave: AVE, seed: int, **rest: Any) -> dict[str, Any]:
    """Everything that a trained model's file says about its run: entry, recipe, seed, data and versions; JSON-able.

    Args:
        entry: The entry with the recipe of the run.
        ave: The training data.
        seed: The seed of the weights and the order of the videos.
        **rest: What else to record; None is left out.
    """
    return {
        "entry": entry.name,
        "protocol": entry.protocol,
        "recipe": entry.recipe.to_dict(),
        "seed": seed,
        "versions": versions(),
        **training_metadata(ave),
        **{key: value for key, value in rest.items() if value is not None},
    }


def training_metadata(ave: AVE) -> dict[str, Any]:
    """Title and classes of a data set, and its encoders if `ave-keras extract` made it; JSON-able."""
    metadata: dict[str, Any] = {"data": ave.title, "class_names": list(ave.class_names)}
    manifest = ave.folder and ave.folder / MANIFEST
    if manifest and manifest.is_file():
        try:
            recipe = json.loads(manifest.read_text(encoding="utf-8"))["recipe"]
            metadata["encoders"] = {key: recipe[key] for key in MODALITIES}
        except (ValueError, KeyError, TypeError) as error:
            raise AVEError("invalid manifest of ave-keras extract", file=manifest, found=error) from error
    return metadata
