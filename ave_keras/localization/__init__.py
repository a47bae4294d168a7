"""From a video to a result: which event happens in each second, and where the model looks."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
