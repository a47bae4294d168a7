"""Finds Keras' backend without importing Keras, and registers our classes when Keras is imported.

`import ave_keras` imports neither Keras nor a backend. `prepare` hooks into the import of Keras and registers our
classes then, so that `keras.models.load_model(path)` works whether `keras` or `ave_keras` is imported first.
"""

import importlib
import importlib.abc
import importlib.util
import json
import os
import sys
from pathlib import Path

from ave_keras.errors import AVEError
from ave_keras.runtime.packages import installed

BACKENDS = ("tensorflow", "jax", "torch")
# All modules with classes that saved models may contain.
SERIALIZABLE = (
    "ave_keras.layers",
    "ave_keras.losses",
    "ave_keras.metrics.segment_accuracy",
    "ave_keras.event_model",
    "ave_keras.optimizers.torch_adam",
)


class MissingBackend(AVEError, ImportError):
    """Keras' backend is not installed, or none that AVE-Keras supports: an `ImportError`, as from Keras itself."""


def prepare() -> None:
    """Chooses an installed backend, and registers our classes now or when Keras is imported.

    The user's KERAS_BACKEND is kept. Otherwise, if Keras' default backend is not installed, an installed one is chosen.
    """
    if "keras" in sys.modules:
        _register()
        return
    if not os.environ.get("KERAS_BACKEND") and not installed(_configured_backend()):
        os.environ["KERAS_BACKEND"] = next(filter(installed, BACKENDS), "")
    sys.meta_path.insert(0, _KerasImport())


def backend_name() -> str:
    """The backend that Keras uses, or would use once imported."""
    if "keras" in sys.modules:
        return sys.modules["keras"].backend.backend()
    return os.environ.get("KERAS_BACKEND") or _configured_backend()


def _register():
    for module in SERIALIZABLE:
        importlib.import_module(module)


class _KerasImport(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """An import hook that loads Keras, explains a missing backend, and registers our classes."""

    def find_spec(self, name, path=None, target=None):
        """Returns the spec of Keras with this loader; None for any other module."""
        if name != "keras":
            return None
        sys.meta_path.remove(self)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        if spec is not None:
            self._loader, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec):
        """Creates the module as usual."""
        return self._loader.create_module(spec)

    def exec_module(self, module):
        """Runs Keras, then registers our classes.

        Raises:
            MissingBackend: The backend is not installed, or not one of `BACKENDS`.
        """
        module.__spec__.loader = module.__loader__ = self._loader
        try:
            self._loader.exec_module(module)
        except (ImportError, ValueError):
            named = os.environ.get("KERAS_BACKEND") or _configured_backend()
            available = [name for name in BACKENDS if installed(name)]
            if named in available:
                raise
            extra = named if named in BACKENDS else BACKENDS[0]
            raise MissingBackend(
                "the backend of Keras is not available",
                key="KERAS_BACKEND",
                expected=f"one of {available or list(BACKENDS)}",
                found=repr(named),
                fix=f'pip install "ave-keras[{extra}]", set KERAS_BACKEND, or edit keras.json in ~/.keras',
            ) from None
        sys.meta_path.remove(self)
        _register()


def _configured_backend():
    """The backend in Keras' configuration file, else Keras' default."""
    file = Path(os.environ.get("KERAS_HOME", "~/.keras"), "keras.json").expanduser()
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        found = None
    named = found.get("backend") if isinstance(found, dict) else None
    return named if isinstance(named, str) and named else BACKENDS[0]
