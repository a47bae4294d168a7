"""One color per class, the same in figures and in the player."""

from collections.abc import Iterable

BACKGROUND_COLOR = "#8a8f98"
PALETTE = ("#c8553d", "#3b7ea1", "#4f8a3d", "#9b5fb5", "#b8862b", "#2f8f83", "#c2557f", "#6b6fc4", "#7a6a4f", "#5d7b2a")


def class_colors(names: Iterable[str], background: str = "Background") -> dict[str, str]:
    """`{name: color}` for the distinct `names` in order; background is gray."""
    distinct = [name for name in dict.fromkeys(names) if name != background]
    return {background: BACKGROUND_COLOR, **{name: PALETTE[i % len(PALETTE)] for i, name in enumerate(distinct)}}
