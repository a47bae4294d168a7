"""Audio-visual event localization in Keras 3: the layers, models, data and measures of the AVE paper (ECCV 2018)."""

import lazy_loader

from ave_keras.runtime import backend

backend.prepare()

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
