"""Optional packages."""

import importlib
import importlib.util
from typing import Any

from ave_keras.errors import AVEError, first_line


def require(module: str, extra: str) -> Any:
    """Imports an optional package.

    Args:
        module: The name of the module to import.
        extra: The extra in `pip install "ave-keras[…]"` that installs it.

    Raises:
        AVEError: The package is not installed or does not load.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise AVEError(
            f"needs {module.split('.')[0]}, which is not installed or does not load",
            found=first_line(error),
            fix=f'pip install "ave-keras[{extra}]"',
        ) from error


def installed(module: str) -> bool:
    """Whether a package is installed, without importing it."""
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False
