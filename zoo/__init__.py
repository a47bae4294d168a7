"""The audio-visual event localization zoo: every model of the paper by name.

>>> import zoo
>>> model = zoo.load("av_att")                       # a compiled keras.Model
>>> model.fit(train, validation_data=val)

Names, cards and recipes need no backend: Keras is imported by the first `load`.
"""

import importlib
from typing import TYPE_CHECKING

from zoo.card import card
from zoo.registry import entry
from zoo.registry import names as list
from zoo.weights import weights

if TYPE_CHECKING:
    from zoo import training
    from zoo.loading import load

__all__ = ["card", "entry", "list", "load", "training", "weights"]


def __getattr__(name):
    if name == "load":
        return importlib.import_module("zoo.loading").load
    if name == "training":
        return importlib.import_module("zoo.training")
    raise AttributeError(f"module 'zoo' has no attribute {name!r}")


def __dir__():
    return __all__
