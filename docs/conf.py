"""Settings of the site: `make docs`."""

import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "extensions"), str(HERE.parent)]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Commands that tutorials run print tables as wide as the page.
os.environ["COLUMNS"] = "110"

project = "AVE-Keras"
author = "The AVE-Keras developers"
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "api_pages",
    "command_pages",
    "zoo_pages",
]
exclude_patterns = [
    "_build",
    "tutorials/*.ipynb",
    "tutorials/*.py",
    "tutorials/sg_execution_times.rst",
    "sg_execution_times.rst",
    "studies/*",  # Pages include them.
]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
# Docstrings end with the paper's section and equation.
napoleon_custom_sections = [("Reference", "references"), ("Call arguments", "params_style")]

sphinx_gallery_conf = {
    "examples_dirs": str(HERE.parent / "examples"),
    "gallery_dirs": "tutorials",
    "filename_pattern": r"/plot_",
    "download_all_examples": False,
    "parallel": 2,
    "within_subsection_order": "FileNameSortKey",
    "image_scrapers": ("figure_scraper", "matplotlib"),
    # Figures are shown once, as pictures.
    "capture_repr": (),
    "show_memory": False,
    "show_signature": False,
    "abort_on_example_error": True,
    "min_reported_time": 60,
    "default_thumb_file": str(HERE / "images" / "strip.png"),
}

html_theme = "furo"
html_title = "AVE-Keras"
html_show_copyright = False
html_static_path = ["static"]
html_css_files = ["site.css"]
html_theme_options = {"navigation_with_keys": True}
# Nothing is loaded from another site, so that pages work from a file.
html_permalinks_icon = "#"
copybutton_prompt_text = r">>> |\$ "
copybutton_prompt_is_regexp = True


def setup(app):
    """Docstrings have Markdown's `code`; reStructuredText's has two backticks."""
    app.connect("autodoc-process-docstring", _code, priority=100)


def _code(app, what, name, obj, options, lines):
    def literal(found):
        # Napoleon reads line by line, and a letter may follow the end of a literal only after an escaped space.
        return "``" + re.sub(r"\s*\n\s*", " ", found[1]) + "``" + ("\\ " if found[2] else "")

    lines[:] = re.sub(r"(?<!`)`([^`]+)`(?!`)(?=(\w)?)", literal, "\n".join(lines)).splitlines()
