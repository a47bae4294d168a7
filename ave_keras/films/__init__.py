"""Films with sound whose events, places and times are known, composed from drawn or given material."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
