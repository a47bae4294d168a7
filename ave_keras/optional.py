"""Packages that are not always there."""

import importlib
import importlib.util
import os
import sys

from ave_keras.errors import AVEError

BACKENDS = ("tensorflow", "jax", "torch")


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


def import_keras():
    """Imports Keras, which wants its backend installed, before anything else does.

    Raises:
        AVEError: there is no such backend. A program that lets it pass ends with this line instead of a stack trace.
    """
    try:
        importlib.import_module("keras")
    except (ImportError, ValueError) as error:
        named = os.environ.get("KERAS_BACKEND") or getattr(error, "name", None)
        there = [name for name in BACKENDS if installed(name)]
        if named in there:
            raise
        sys.excepthook = _one_line
        raise AVEError(
            "Keras cannot start its backend, which is not installed",
            key="KERAS_BACKEND",
            expected=f"one of {there or list(BACKENDS)}",
            found=repr(named),
            fix=f'pip install "ave-keras[{named if named in BACKENDS else BACKENDS[0]}]", or set KERAS_BACKEND',
        ) from None


def _one_line(kind, error, trace):
    if issubclass(kind, AVEError) and not os.environ.get("AVE_KERAS_DEBUG"):
        print(f"error: {error}", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)
