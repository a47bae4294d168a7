"""Drawn pictures and synthesised sounds: films that need no material."""

from ave_keras.films.made.materials import Made

__all__ = ["Made"]
