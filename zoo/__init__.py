"""The audio-visual event localization zoo: every model of the paper by name.

>>> import zoo
>>> model = zoo.load("av_att")                       # a compiled keras.Model
>>> model.fit(train, validation_data=val)
"""

import ave_keras  # noqa: F401 - first of all: it tells of a backend that is missing
from zoo import training
from zoo.card import card
from zoo.loading import load
from zoo.registry import entry
from zoo.registry import names as list

__all__ = ["card", "entry", "list", "load", "training"]
