"""The card of a published model: its `README.md`, with the metadata block of a model hub."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from ave_keras.data.layout import data_name
from zoo.registry import entry

TEMPLATE = Path(__file__).with_name("card.md")
# The hub knows no task for the localization of events; this is its nearest.
TASK = "video-classification"
# The licences in common use among those that the hub knows by name; it rejects a card with any other value.
LICENCES = {
    *("apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "isc", "unlicense", "mpl-2.0", "epl-2.0", "eupl-1.2"),
    *("gpl-2.0", "gpl-3.0", "lgpl-2.1", "lgpl-3.0", "agpl-3.0", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0"),
    *("cc-by-nc-4.0", "cc-by-nd-4.0", "cc-by-nc-sa-4.0", "cc-by-nc-nd-4.0", "odbl", "openrail", "other", "unknown"),
}
_SPECIAL = re.compile(r"([\\`*_\[\]{}|~#$])")


def render(manifest: dict[str, Any], scores: dict[str, Any], log: bool = False) -> str:
    """The card as Markdown.

    Args:
        manifest: The contents of `ave_keras.json`, without `files`.
        scores: The result of `zoo.sharing.scores.record`.
        log: Whether the folder has the training log.
    """
    chosen = entry(manifest["entry"], manifest["protocol"])
    environment = Environment(
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "data_set": data_name,
        "percent": lambda share: f"{100 * share:.1f}",
        "pairs": lambda found: ", ".join(f"{key}={value}" for key, value in (found or {}).items()) or "–",
        "safe": Markup,
    }
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        front_matter=yaml.safe_dump(front_matter(manifest), sort_keys=False, allow_unicode=True),
        manifest={"recipe": None, "encoders": None, **manifest},
        title=chosen.title,
        summary=chosen.summary,
        task="matching" if chosen.task == "matching" else "localization",
        scores=scores,
        classes=_per_class(scores, manifest.get("class_names")),
        inputs=_inputs(manifest["shapes"], chosen.modalities),
        log=log,
    )


def front_matter(manifest: dict[str, Any]) -> dict[str, Any]:
    """The metadata block: licence, task, data set, and the scores as the hub's `model-index`."""
    scores, name = manifest["scores"], manifest["license"]
    known = name.lower() in LICENCES
    title = data_name(scores["data"])
    metrics = [
        {"type": "accuracy", "name": f"{metric}, %, {scores['split']} split", "value": round(100 * value, 2)}
        for metric, value in scores["metrics"].items()
    ]
    return {
        "library_name": "ave-keras",
        "license": name.lower() if known else "other",
        **({} if known else {"license_name": slug(name)}),
        "pipeline_tag": TASK,
        "tags": ["keras", "ave-keras", "audio-visual-event-localization", manifest["entry"]],
        "datasets": [slug(manifest["data"])],
        "metrics": ["accuracy"],
        "model-index": [
            {
                "name": manifest["entry"],
                "results": [
                    {
                        "task": {"type": TASK, "name": "audio-visual event localization"},
                        "dataset": {"type": slug(scores["data"]), "name": title, "split": scores["split"]},
                        "metrics": metrics,
                    }
                ],
            }
        ],
    }


def slug(text: str) -> str:
    """A name of lower-case letters, digits and hyphens, such as the hub takes."""
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.") or "unnamed"


def escape(value: object) -> str:
    """Text as Markdown that shows it literally, in one line, also in a table."""
    text = " ".join(str(value).split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", text)


def _finalize(value):
    if isinstance(value, Markup):
        return value
    if isinstance(value, Mapping):
        return escape(", ".join(f"{key}: {item}" for key, item in value.items()) or "–")
    return "–" if value is None else escape(value)


def _per_class(scores, class_names):
    if "truth" not in scores:
        return []
    truth, right = np.array(scores["truth"]), np.equal(scores["truth"], scores["predicted"])
    names = (*class_names, "Background")
    return [
        {"name": names[c], "seconds": int((truth == c).sum()), "right": right[truth == c].mean()}
        for c in range(len(names))
        if (truth == c).any()
    ]


def _inputs(shapes, modalities):
    sizes = {"audio": [shapes.get("audio_dim")], "visual": list(shapes.get("visual_shape") or [])}
    length = [shapes.get("segments") or "T"]
    return " and ".join(f"{key} (B, {', '.join(map(str, length + sizes[key]))})" for key in modalities)
