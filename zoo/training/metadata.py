"""What a trained model's file says about its training data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ave_keras.data.layout import MODALITIES
from ave_keras.errors import AVEError
from ave_keras.features.extraction.assembly import MANIFEST

if TYPE_CHECKING:
    from ave_keras.data.ave import AVE


def training_metadata(ave: AVE) -> dict[str, Any]:
    """What a model trained on a data set should say: its title and classes, and the encoders where it was extracted."""
    metadata: dict[str, Any] = {"data": ave.title, "class_names": list(ave.class_names)}
    manifest = ave.folder and ave.folder / MANIFEST
    if manifest and manifest.is_file():
        try:
            recipe = json.loads(manifest.read_text(encoding="utf-8"))["recipe"]
            metadata["encoders"] = {key: recipe[key] for key in MODALITIES}
        except (ValueError, KeyError, TypeError) as error:
            raise AVEError("not a manifest of ave-keras extract", file=manifest, found=error) from error
    return metadata
