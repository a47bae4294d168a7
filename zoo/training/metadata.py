"""Metadata of a trained model: what it was trained on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ave_keras.data.layout import MODALITIES
from ave_keras.errors import AVEError
from ave_keras.features.extraction.assembly import MANIFEST

if TYPE_CHECKING:
    from ave_keras.data.ave import AVE


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
