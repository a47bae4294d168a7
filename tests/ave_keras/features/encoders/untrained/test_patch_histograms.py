import colorsys
import math

import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.features import VisualEncoder, visual_encoder


def derivation(picture, cell):
    """The map of one picture pixel by pixel, with Python's own color conversion."""
    h, w = (n // cell for n in picture.shape[:2])
    found = np.zeros((h, w, 64))
    grey = picture.mean(axis=-1) / 255
    for y, x in np.ndindex(picture.shape[:2]):
        hue, saturation, value = colorsys.rgb_to_hsv(*(picture[y, x] / 255))
        if saturation > 0.15:
            column = int(hue * 8) % 8 * 3 + min(2, int((saturation - 0.15) / 0.85 * 3))
        else:
            column = 24 + min(7, int(value * 8))
        found[y // cell, x // cell, column] += 1 / cell**2
        up, down = max(y - 1, 0), min(y + 1, len(grey) - 1)
        left, right = max(x - 1, 0), min(x + 1, grey.shape[1] - 1)
        dy = (grey[down, x] - grey[up, x]) / (down - up)
        dx = (grey[y, right] - grey[y, left]) / (right - left)
        direction = math.floor(math.degrees(math.atan2(dy, dx)) / 22.5 + 0.5) % 8
        quarter = (y % cell >= cell // 2) * 2 + (x % cell >= cell // 2)
        found[y // cell, x // cell, 32 + quarter * 8 + direction] += math.hypot(dy, dx)
    found[..., 32:] = np.sqrt(found[..., 32:] / (cell / 2) ** 2)
    return found


def test_equals_the_derivation():
    frames = np.random.default_rng(0).integers(0, 256, (2, 2, 16, 24, 3), "uint8")
    frames[0, 0, :, :, 1:] = frames[0, 0, :, :, :1]  # Grey.
    encoder = visual_encoder("patches", grid=(2, 3), cell=8)
    found = encoder(frames)
    assert found.shape == (2, 2, 3, 64) and found.dtype == np.float32
    for second, pictures in zip(found, frames, strict=True):
        expected = np.mean([derivation(picture, 8) for picture in pictures], axis=0)
        np.testing.assert_allclose(second, expected, atol=1e-5)


def test_what_it_sees():
    frames = np.zeros((1, 1, 112, 112, 3), "uint8")
    frames[..., 0] = 255
    frames[0, 0, :, 56:] = (0, 0, 255)
    found = visual_encoder("patches", frames_per_second=1)(frames)[0]
    assert found.shape == (7, 7, 64)
    np.testing.assert_allclose(found[..., :32].sum(axis=-1), 1, rtol=1e-6)
    assert (found[:, :3, 2] == 1).all() and (found[:, 4:, 5 * 3 + 2] == 1).all()
    # The border between red and blue has no difference in mean grey, so that there are no edges.
    assert not found[..., 32:].any()


def test_protocol():
    encoder = visual_encoder("patches")
    assert isinstance(encoder, VisualEncoder)
    assert (encoder.name, encoder.shape, encoder.size) == ("patches", (7, 7, 64), (112, 112))
    assert encoder.weights == "no weights needed"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": 3}, r"'cell'.*even number.*found 3"),
        ({"cell": 0}, r"'cell'"),
        ({"grid": (0, 7)}, r"'grid'.*found \(0, 7\)"),
        ({"frames_per_second": 0}, "'frames_per_second'"),
    ],
)
def test_invalid_arguments(options, message):
    with pytest.raises(AVEError, match=message):
        visual_encoder("patches", **options)
