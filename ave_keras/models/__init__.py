"""Functional builders."""

from ave_keras.models.localizer import localizer

__all__ = ["localizer"]
