"""The truth of made films, checked on their pixels and their spectrum, without their script."""

import h5py
import keras
import numpy as np
import pytest

from ave_keras.data import read_annotations
from ave_keras.features import read_audio, read_frames
from ave_keras.films import Made, Recipe, compose
from ave_keras.films.made.sounds import SOUNDS

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="needs no backend")
RATE, FPS, SIZE, SECONDS = 16000, 4, 96, 6
RECIPE = Recipe(
    videos=50,
    seconds=SECONDS,
    size=SIZE,
    fps=FPS,
    background_videos=0,
    # Nothing but the source appears, and every film has a second without it.
    lengths=dict.fromkeys(range(2, 8), 1.0),
    outside={"nothing": 1.0, "sound": 1.0, "shifted": 1.0},
    distractors=(1.0,),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return compose(tmp_path_factory.mktemp("films") / "made", RECIPE, Made(), workers=2).folder


def test_events_and_outlines_are_where_pixels_and_spectrum_say(folder):
    with h5py.File(folder / "outlines.h5") as file:
        outlines = file["avadataset"][:] > 0
    annotations = read_annotations(folder / "Annotations.txt", segments=SECONDS)
    assert len(annotations) == RECIPE.videos and {a.class_name for a in annotations} == {*SOUNDS}
    for annotation, outline in zip(annotations, outlines, strict=True):
        film = folder / "AVE" / f"{annotation.video_id}.mp4"
        heard = is_heard(film, SOUNDS[annotation.class_name][1])
        shapes = silhouettes(film)
        seen = shapes.any(axis=(1, 2))
        event = np.array([annotation.start <= t < annotation.end for t in range(SECONDS)])
        np.testing.assert_array_equal(heard & seen, event, err_msg=film.name)
        assert not outline[~event].any()
        for second in np.flatnonzero(event):
            overlap = (shapes[second] & outline[second]).sum() / (shapes[second] | outline[second]).sum()
            assert overlap > 0.8, (film.name, second, overlap)


def is_heard(film, band):
    """`(T,)` bool: which seconds have energy in the band."""
    sound = read_audio(film, SECONDS, RATE).reshape(SECONDS, RATE)
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    energy = spectrum[:, band[0] : min(band[1], RATE // 2)].sum(axis=1)
    return energy > 0.1 * energy.max()


def silhouettes(film):
    """`(T, H, W)` bool: where most pictures of a second differ from the emptiest second of the film."""
    frames = read_frames(film, (np.arange(SECONDS * FPS) + 0.5) / FPS).astype(int).reshape(SECONDS, FPS, SIZE, SIZE, 3)
    # The background does not move: the second with the least change is compared with all others.
    flat = frames.std(axis=1).mean(axis=(1, 2, 3))
    empty = frames[flat.argmin()].mean(axis=0)
    differs = np.abs(frames - empty).max(axis=-1) > 24
    found = 2 * differs.sum(axis=1) >= FPS
    return found & (found.mean(axis=(1, 2), keepdims=True) > 0.02)
