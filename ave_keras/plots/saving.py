"""Saves figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ave_keras.errors import AVEError, first_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save(figure: Figure, path: str | Path) -> None:
    """Writes a figure to a PNG, PDF or SVG file.

    Raises:
        AVEError: The suffix is not supported.
    """
    try:
        figure.savefig(path, dpi=150)
    except ValueError as error:
        raise AVEError("cannot save the figure", file=path, found=first_line(error)) from error
