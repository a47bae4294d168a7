"""Weights under the names of the authors' released files: read without PyTorch, put into models, written out again."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
