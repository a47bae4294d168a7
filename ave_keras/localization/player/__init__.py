"""A localized video as one HTML page that needs nothing else."""

from ave_keras.localization.player.document import page

__all__ = ["page"]
