"""Packages that are not always there."""

import importlib
import importlib.util
import json
import os
import sys
from pathlib import Path

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

    Where KERAS_BACKEND is not set and the backend that Keras would take is not installed, one that is takes its place.

    Raises:
        AVEError: there is no such backend. A program that lets it pass ends with this line instead of a stack trace.
    """
    if not os.environ.get("KERAS_BACKEND") and not installed(_configured_backend()):
        os.environ["KERAS_BACKEND"] = next(filter(installed, BACKENDS), "")
    try:
        importlib.import_module("keras")
    except (ImportError, ValueError):
        named = os.environ.get("KERAS_BACKEND") or _configured_backend()
        there = [name for name in BACKENDS if installed(name)]
        if named in there:
            raise
        sys.excepthook = _one_line
        extra = named if named in BACKENDS else BACKENDS[0]
        raise AVEError(
            "Keras cannot start its backend, which is not installed",
            key="KERAS_BACKEND",
            expected=f"one of {there or list(BACKENDS)}",
            found=repr(named),
            fix=f'pip install "ave-keras[{extra}]", set KERAS_BACKEND, or mend keras.json in ~/.keras',
        ) from None


def _configured_backend():
    """Of the file that Keras reads, and writes where there is none."""
    file = Path(os.environ.get("KERAS_HOME", "~/.keras"), "keras.json").expanduser()
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        found = None
    named = found.get("backend") if isinstance(found, dict) else None
    return named if isinstance(named, str) and named else BACKENDS[0]


def _one_line(kind, error, trace):
    if issubclass(kind, AVEError) and not os.environ.get("AVE_KERAS_DEBUG"):
        print(f"error: {error}", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)
