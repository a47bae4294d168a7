"""Figures to files."""

from ave_keras.errors import AVEError


def save(figure, path):
    """Writes a figure to a PNG, PDF or SVG file.

    Raises:
        AVEError: the name says another kind of file.
    """
    try:
        figure.savefig(path, dpi=150)
    except ValueError as error:
        raise AVEError("cannot draw", file=path, found=str(error).splitlines()[0]) from error
