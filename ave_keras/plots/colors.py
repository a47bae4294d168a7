"""One color per class, the same in figures and in the player."""

from collections.abc import Iterable

BACKGROUND_COLOR = "#8a8f98"
# Okabe and Ito's colors, without black, which is the color of text, and with yellow, the faintest, at the end.
BLUE, VERMILLION = "#0072b2", "#d55e00"
PALETTE = (BLUE, VERMILLION, "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442")
# The color map of attention, also in the player.
ATTENTION = "viridis"
# Beside a color, since no more than seven can be told apart.
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h")
LINES = ("-", "--", ":", "-.")


def class_colors(names: Iterable[str], background: str = "Background") -> dict[str, str]:
    """`{name: color}` for the distinct `names` in order; background is gray."""
    distinct = [name for name in dict.fromkeys(names) if name != background]
    return {background: BACKGROUND_COLOR, **{name: PALETTE[i % len(PALETTE)] for i, name in enumerate(distinct)}}


def looks(names: Iterable[str], background: str = "Background") -> dict[str, tuple[str, str, str]]:
    """`{name: (color, marker, line style)}` for the distinct `names` in order; the first 77 markers are different.

    Background has a gray, dotted look of its own.
    """
    colors = class_colors(names, background)
    found = {background: (BACKGROUND_COLOR, ".", ":")}
    for i, name in enumerate(name for name in colors if name != background):
        found[name] = colors[name], MARKERS[i % len(MARKERS)], LINES[i // len(PALETTE) % len(LINES)]
    return found
