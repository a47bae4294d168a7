"""Drawn pictures of the made classes, and backgrounds: flat shapes with texture, at any size."""

import colorsys
import math

import numpy as np
from PIL import Image, ImageDraw

# Shapes are drawn this many times larger than needed, and reduced, so that their edges are smooth.
OVERSAMPLING = 4
DARK = (40, 40, 48)


def picture(label: str, rng: np.random.Generator, side: int) -> np.ndarray:
    """Draws an object.

    Args:
        label: The name of the class, a key of `SHAPES`.
        rng: Colors and proportions; objects of the same state look the same at any size.
        side: The height and width in pixels.

    Returns:
        `(side, side, 4)` uint8, RGBA.
    """
    shape, hues = SHAPES[label]
    large = Image.new("RGBA", (side * OVERSAMPLING,) * 2)
    shape(_Pen(large), rng, _color(rng, hues))
    pixels = np.array(large.resize((side, side), Image.Resampling.LANCZOS))
    return _textured(pixels, rng)


def background(rng: np.random.Generator, size: int) -> np.ndarray:
    """A background: soft fields of muted colors with a horizon and fine grain, `(size, size, 3)` uint8."""
    base = np.array(colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.05, 0.35), rng.uniform(0.35, 0.8)))
    fields = base + rng.normal(0, 0.09, (5, 5, 3))
    fields[rng.integers(2, 5) :] *= rng.uniform(0.6, 0.85)
    soft = Image.fromarray(np.uint8(255 * np.clip(fields, 0, 1))).resize((size, size), Image.Resampling.BICUBIC)
    grain = rng.normal(0, rng.uniform(1, 5), (size, size, 1))
    return np.clip(np.array(soft) + grain, 0, 255).astype("uint8")


class _Pen:
    """Draws on an image with coordinates from 0 to 1, whatever its size."""

    def __init__(self, image):
        self.draw, self.side = ImageDraw.Draw(image), image.width

    def polygon(self, points, color):
        self.draw.polygon([(self.side * x, self.side * y) for x, y in points], color)

    def ellipse(self, left, top, right, bottom, color):
        self.draw.ellipse([self.side * v for v in (left, top, right, bottom)], color)

    def box(self, left, top, right, bottom, color, radius=0.0):
        self.draw.rounded_rectangle([self.side * v for v in (left, top, right, bottom)], self.side * radius, color)

    def line(self, points, color, width):
        self.draw.line([(self.side * x, self.side * y) for x, y in points], color, round(self.side * width), "curve")


def _color(rng, hues):
    hue = rng.uniform(*hues) % 1
    return tuple(round(255 * c) for c in colorsys.hsv_to_rgb(hue, rng.uniform(0.6, 0.95), rng.uniform(0.7, 0.95)))


def _shade(color, factor):
    return tuple(round(min(255, c * factor)) for c in color)


def _textured(pixels, rng):
    """Stripes or speckles of changing brightness, which depend on the place in the object and not on the pixel."""
    side = len(pixels)
    y, x = np.mgrid[:side, :side] / side
    angle, waves = rng.uniform(0, math.pi), rng.uniform(8, 16)
    stripes = np.sin(2 * math.pi * waves * (x * math.cos(angle) + y * math.sin(angle)))
    speckles = rng.normal(size=(24, 24))
    speckles = speckles[(y * 24).astype(int), (x * 24).astype(int)]
    texture = stripes if rng.random() < 0.5 else speckles
    bright = 1 + rng.uniform(0.04, 0.12) * texture[..., None]
    return np.concatenate([np.clip(pixels[..., :3] * bright, 0, 255).astype("uint8"), pixels[..., 3:]], axis=-1)


def _bell(pen, rng, color):
    wide = rng.uniform(0.36, 0.44)
    pen.ellipse(0.42, 0.8, 0.58, 0.97, _shade(color, 0.6))
    dome = [(0.5 + wide * 0.62 * math.cos(a), 0.42 - 0.34 * math.sin(a)) for a in np.linspace(0, math.pi, 30)]
    pen.polygon([(0.5 + wide, 0.84), *dome, (0.5 - wide, 0.84)], color)
    pen.box(0.5 - wide - 0.03, 0.8, 0.5 + wide + 0.03, 0.88, _shade(color, 0.75), 0.03)


def _siren(pen, rng, color):
    wide = rng.uniform(0.3, 0.38)
    dome = [(0.5 + wide * math.cos(a), 0.62 - 0.5 * math.sin(a)) for a in np.linspace(0, math.pi, 30)]
    pen.polygon([(0.5 + wide, 0.74), *dome, (0.5 - wide, 0.74)], color)
    pen.box(0.5 - wide / 3, 0.3, 0.5 + wide / 3, 0.7, _shade(color, 1.3), 0.05)
    pen.box(0.08, 0.72, 0.92, 0.92, DARK, 0.05)


def _glass(pen, rng, color):
    rim = rng.uniform(0.3, 0.4)
    pen.polygon([(0.5 - rim, 0.05), (0.5 + rim, 0.05), (0.58, 0.55), (0.42, 0.55)], color)
    pen.polygon([(0.5 - rim * 0.75, 0.2), (0.5 + rim * 0.75, 0.2), (0.57, 0.52), (0.43, 0.52)], _shade(color, 0.7))
    pen.box(0.46, 0.53, 0.54, 0.88, _shade(color, 0.9))
    pen.box(0.25, 0.86, 0.75, 0.95, _shade(color, 0.8), 0.04)


def _whistle(pen, rng, color):
    size = rng.uniform(0.27, 0.33)
    pen.box(0.3, 0.3, 0.98, 0.3 + size * 0.8, color, 0.03)
    pen.ellipse(0.04, 0.3, 0.04 + 2 * size, 0.3 + 2 * size, color)
    pen.ellipse(0.04 + size * 0.5, 0.3 + size * 0.6, 0.04 + size * 1.5, 0.3 + size * 1.6, _shade(color, 0.6))
    pen.box(0.55, 0.27, 0.66, 0.4, DARK)


def _drum(pen, rng, color):
    ring = rng.uniform(0.08, 0.13)
    pen.ellipse(0.04, 0.04, 0.96, 0.96, color)
    pen.ellipse(0.04 + ring, 0.04 + ring, 0.96 - ring, 0.96 - ring, (238, 232, 214))
    pen.ellipse(0.38, 0.38, 0.62, 0.62, (222, 214, 190))
    for angle in np.arange(8) * math.pi / 4 + rng.uniform(0, 1):
        x, y = 0.5 + 0.42 * math.cos(angle), 0.5 + 0.42 * math.sin(angle)
        pen.ellipse(x - 0.03, y - 0.03, x + 0.03, y + 0.03, DARK)


def _clock(pen, rng, color):
    ring = rng.uniform(0.06, 0.1)
    pen.ellipse(0.04, 0.04, 0.96, 0.96, color)
    pen.ellipse(0.04 + ring, 0.04 + ring, 0.96 - ring, 0.96 - ring, (242, 240, 232))
    for angle in np.arange(12) * math.pi / 6:
        x, y = math.cos(angle), math.sin(angle)
        pen.line([(0.5 + 0.31 * x, 0.5 + 0.31 * y), (0.5 + 0.36 * x, 0.5 + 0.36 * y)], DARK, 0.03)
    for length, width in ((0.2, 0.05), (0.3, 0.03)):
        angle = rng.uniform(0, 2 * math.pi)
        pen.line([(0.5, 0.5), (0.5 + length * math.cos(angle), 0.5 + length * math.sin(angle))], DARK, width)


def _truck(pen, rng, color):
    cab = rng.uniform(0.6, 0.68)
    pen.box(0.03, 0.28, cab, 0.74, color, 0.02)
    pen.box(cab + 0.02, 0.42, 0.97, 0.74, _shade(color, 0.75), 0.05)
    pen.box(cab + 0.08, 0.47, 0.92, 0.6, (190, 215, 230), 0.02)
    for x in (0.22, 0.78):
        pen.ellipse(x - 0.12, 0.62, x + 0.12, 0.86, DARK)
        pen.ellipse(x - 0.05, 0.69, x + 0.05, 0.79, (170, 170, 175))


def _bird(pen, rng, color):
    plump = rng.uniform(0.2, 0.26)
    pen.polygon([(0.02, 0.45), (0.25, 0.52), (0.02, 0.68)], _shade(color, 0.75))
    pen.ellipse(0.14, 0.58 - plump, 0.74, 0.58 + plump, color)
    pen.ellipse(0.58, 0.2, 0.88, 0.52, color)
    pen.polygon([(0.86, 0.31), (0.99, 0.37), (0.86, 0.42)], (240, 170, 50))
    pen.ellipse(0.72, 0.28, 0.79, 0.35, DARK)
    pen.polygon([(0.3, 0.48), (0.6, 0.52), (0.34, 0.74)], _shade(color, 0.7))
    for x in (0.4, 0.5):
        pen.line([(x, 0.56 + plump), (x, 0.94)], DARK, 0.025)


#: A class's shape, and the range of its hues; ranges overlap, and bell and siren, drum and clock are alike in outline.
SHAPES = {
    "Bell": (_bell, (0.09, 0.17)),
    "Bird": (_bird, (0.95, 1.12)),
    "Clock": (_clock, (0.5, 0.75)),
    "Drum": (_drum, (0.55, 0.8)),
    "Glass": (_glass, (0.45, 0.6)),
    "Siren": (_siren, (0.94, 1.05)),
    "Truck": (_truck, (0.2, 0.45)),
    "Whistle": (_whistle, (0.1, 0.4)),
}
