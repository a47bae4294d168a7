"""Writes the page of the API, with all public names of each package, before the site is built."""

import importlib
from pathlib import Path

PACKAGES = {
    "zoo": "Models by name: load, list, describe and train them.",
    "ave_keras": "The functions that most programs begin with.",
    "ave_keras.data": "Data sets in the official layout, their batches and their annotations.",
    "ave_keras.features": "From videos to features.",
    "ave_keras.films": "Films whose events, places and times are known.",
    "ave_keras.layers": "Layers for models of your own.",
    "ave_keras.losses": "Losses.",
    "ave_keras.metrics": "Metrics.",
    "ave_keras.models": "Builders of models.",
    "ave_keras.matching": "Cross-modality localization.",
    "ave_keras.plots": "Figures.",
}


def page():
    """The page as reStructuredText."""
    lines = ["API", "===", "", "Every public function and class.", ""]
    for package, about in PACKAGES.items():
        module = importlib.import_module(package)
        names = [name for name in module.__all__ if not _is_module(getattr(module, name))]
        title = f"``{package}``"
        lines += [title, "-" * len(title), "", about, "", f".. currentmodule:: {package}", ""]
        lines += [".. autosummary::", "   :toctree: api", "   :nosignatures:", "", *(f"   {n}" for n in names), ""]
    return "\n".join(lines)


def _is_module(value):
    return type(value).__name__ == "module"


def setup(app):
    """Writes the page when Sphinx starts, before it looks for pages."""
    Path(app.srcdir, "api.rst").write_text(page(), encoding="utf-8")
    return {"parallel_read_safe": True}
