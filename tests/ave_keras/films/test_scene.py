import numpy as np
import pytest

from ave_keras.films.made.sounds import RATE
from ave_keras.films.scene import FADE, Scene, Source

SECONDS, FPS, SIZE = 3, 4, 10


@pytest.fixture
def scene():
    """A white square of 4×4 pixels that moves right by a pixel each frame, seen from second 1 and heard until 2."""
    picture = np.full((4, 4, 4), 255, "uint8")
    picture[0, 0, 3] = 0  # A transparent corner.
    path = np.stack([np.full(SECONDS * FPS, 2), np.minimum(np.arange(SECONDS * FPS), SIZE - 4)], axis=1)
    seen, heard = np.array([False, True, True]), np.array([True, True, False])
    source = Source("a", picture, path, seen, heard, np.full(SECONDS * RATE, 0.5, "float32"))
    background = np.full((SIZE, SIZE, 3), 100, "uint8")
    return Scene(background, np.zeros(SECONDS * RATE, "float32"), (source,), 1, 2, FPS)


def test_frames(scene):
    frames = list(scene.frames())
    assert len(frames) == SECONDS * FPS and frames[0].dtype == np.uint8
    assert all((frame == 100).all() for frame in frames[:FPS])
    for number, frame in enumerate(frames[FPS:], FPS):
        left = min(number, SIZE - 4)
        expected = np.full((SIZE, SIZE, 3), 100)
        expected[2:6, left : left + 4] = 255
        expected[2, left] = 100
        np.testing.assert_array_equal(frame, expected)


def test_sound_plays_in_its_seconds_with_short_ramps(scene):
    sound = scene.sound().reshape(SECONDS, RATE)
    ramp = round(FADE * RATE)
    assert (sound[0] == 0.5).all() and (sound[2] == 0).all()
    assert (sound[1, :-ramp] == 0.5).all() and sound[1, -1] == 0 and (np.diff(sound[1, -ramp:]) < 0).all()


def test_loud_sound_is_not_clipped(scene):
    (source,) = scene.sources
    loud = Scene(scene.background, scene.ambience, (source, source, source), 1, 2, FPS).sound()
    assert np.abs(loud).max() == pytest.approx(0.99)


def test_outline_is_the_place_in_most_frames_of_the_event(scene):
    outline = scene.outline()
    # In second 1, the square is at columns 4 to 7, 5 to 8, 6 to 9 and 6 to 9: half of the frames or more from 5 on.
    expected = np.zeros((SECONDS, SIZE, SIZE), bool)
    expected[1, 2:6, 5:] = True
    expected[1, 2, 5] = False  # Transparent in one of two frames.
    expected[1, 2, 6] = False  # Transparent in two of four.
    assert outline.shape == expected.shape
    np.testing.assert_array_equal(outline[[0, 2]], expected[[0, 2]])
    np.testing.assert_array_equal(outline[1, 3:6], expected[1, 3:6])
    assert not outline[1, 2, :5].any() and outline[1, 2, 7:].all()


def test_no_event_has_no_outline(scene):
    nothing = Scene(scene.background, scene.ambience, scene.sources, 0, 0, FPS)
    assert not nothing.outline().any()
