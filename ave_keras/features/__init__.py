"""From video files to features: decoding, encoders, extraction. Needs the `video` extra, PyAV."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
