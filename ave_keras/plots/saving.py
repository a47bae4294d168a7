"""Saves figures, so that the same figure is the same file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib

from ave_keras.errors import AVEError, first_line
from ave_keras.plots.styling import INK, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# What would be the time of saving.
DATES: dict[str, dict[str, None]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}


def save(figure: Figure, path: str | Path) -> None:
    """Writes a figure to a PNG, PDF or SVG file; the file contains no date, and is complete at any time.

    Raises:
        AVEError: The suffix is not supported, or the file cannot be written.

    Example:

    >>> plots.save(plots.statistics_figure(statistics(ave)), "statistics.svg")
    """
    path, data = Path(path), io.BytesIO()
    kind = path.suffix[1:].lower() or "png"
    try:
        with style():
            figure.savefig(data, format=kind, dpi=150, metadata=DATES.get(kind))
    except ValueError as error:
        raise AVEError("cannot save the figure", file=path, found=first_line(error)) from error
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(data.getvalue())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise AVEError("cannot save the figure", file=path, found=error.strerror or error) from error


def svg(figure: Figure) -> str:
    """A figure as an SVG element for an HTML page.

    Text is text in the fonts of the reader. Text and lines take the `color` of the page, and the paper is transparent,
    so that the figure suits a dark page, too.
    """
    text = io.StringIO()
    with style(), matplotlib.rc_context({"svg.fonttype": "none"}):
        figure.savefig(text, format="svg", metadata=DATES["svg"], transparent=True)
    element = text.getvalue()
    return element[element.index("<svg") :].replace(INK, "currentColor")
