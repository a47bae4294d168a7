"""Packages that are not always there."""

import importlib
import importlib.util

from ave_keras.errors import AVEError


def require(module, extra):
    """Imports an optional package.

    Args:
        module: its name for Python.
        extra: the extra of `pip install "ave-keras[…]"` that brings it.

    Raises:
        AVEError: it is not installed, or does not load.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise AVEError(
            f"needs {module.split('.')[0]}, which is not installed or does not load",
            found=str(error).splitlines()[0],
            fix=f'pip install "ave-keras[{extra}]"',
        ) from error


def installed(module):
    """Whether Python finds a package; it is not imported."""
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False
