"""How a synthetic video sounds and looks: standard normal latents, mapped to features with the statistics of AVE.

A latent is a weighted sum of contributions of the class, the video and the segment. The weights below are variances and
add up to one, so that every latent is standard normal and `activate` alone determines the distribution of the features.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ave_keras.data.synthetic.scenario import Scenario

# VGGish ends in a ReLU: 65 % of the values are 0, the mean is 0.122, the standard deviation 0.262 and the maximum 4.5
# (measured on the released background clips). `SCALE u (1 + CURVE u)` with u = max(z - CUT, 0) of a standard normal z
# has these moments on the 127 dimensions that are not always 0; the quadratic term gives the long tail. Visual features
# use the same map, because their statistics are not known.
CUT, SCALE, CURVE = 0.37789, 0.37124, 0.35419
DEAD_DIMENSION = 65

# Adjacent segments of the released audio features have a correlation of 0.70: most of a latent is constant, a fifth is
# new in every segment.
AUDIO_NEW = 0.2
# The class contributes a third of the constant part; room, microphone, other sounds and the timbre of the source are
# the rest. By sound alone, a model classifies half of the clips after training on a few hundred.
SOUND = 0.25
AMBIENCE = 1 - AUDIO_NEW - SOUND

# Half of a cell is new in every segment; the other half is the object in it or, without an object, the scene.
VISUAL_NEW = 0.5
# Class and instance of an object; the instance differs from video to video. One cell suffices to tell the class.
LOOK, INSTANCE = 0.4, 0.1
# Shared and own part of the cells of a scene. The shared part does not average out over the map, so that it hides small
# objects in the mean of the map but not in single cells. This is what attention is good for.
SCENE, CELL = 0.12, 0.38

# Variance that two similar classes share: the difference can be learnt from much data, but is easily missed.
SIMILAR = 0.9
# Variance that all sources share, in contrast to ambience and scenes: they are near, loud and in focus. It shows that
# there is a source, but not which.
FOREGROUND = 0.3


def similar_classes(classes: int, kind: str) -> list[tuple[int, int]]:
    """The pairs of classes that sound alike and look different (`"sound"`), or the reverse (`"look"`).

    Classes 0 and 1 sound alike, 2 and 3 look alike, 4 and 5 differ in both, and so on from 6.
    """
    first = {"sound": 0, "look": 2}[kind]
    return [(c, c + 1) for c in range(first, classes - 1, 6)]


def prototypes(rng: np.random.Generator, classes: int, width: int, kind: str) -> np.ndarray:
    """`(C, d)` float32: the sound or look of each class; every row has mean 0 and variance 1."""
    common, own = _unit(rng, (width,)), _unit(rng, (classes, width))
    for one, other in similar_classes(classes, kind):
        own[other] = SIMILAR**0.5 * own[one] + (1 - SIMILAR) ** 0.5 * own[other]
    return _standard(FOREGROUND**0.5 * common + (1 - FOREGROUND) ** 0.5 * own)


def activate(latent: np.ndarray) -> np.ndarray:
    """Turns standard normal latents into non-negative, sparse features, in place."""
    latent -= np.float32(CUT)
    np.maximum(latent, 0, out=latent)
    latent *= np.float32(SCALE) + np.float32(SCALE * CURVE) * latent
    return latent


def audio(rng: np.random.Generator, scenario: Scenario, sound: np.ndarray) -> np.ndarray:
    """Audio features `(T, d)` float32; `sound (d,)` is the prototype of the class."""
    (width,), segments = sound.shape, len(scenario.sounds)
    ambience = _unit(rng, (width,))
    silent = (SOUND + AMBIENCE) ** 0.5 * ambience
    sounding = SOUND**0.5 * sound + AMBIENCE**0.5 * ambience
    latent = AUDIO_NEW**0.5 * rng.standard_normal((segments, width), "float32")
    latent += np.where(scenario.sounds[:, None], sounding, silent)
    features = activate(latent)
    if width > DEAD_DIMENSION:
        features[:, DEAD_DIMENSION] = 0
    return features


def visual(rng: np.random.Generator, scenario: Scenario, label: int, looks: np.ndarray) -> np.ndarray:
    """Visual features `(T, H, W, d)` float32; `looks` `(C, d)` are the prototypes."""
    segments, *grid = scenario.source.shape
    width = looks.shape[1]
    scene = SCENE**0.5 * _unit(rng, (width,)) + CELL**0.5 * rng.standard_normal((*grid, width), "float32")
    lasting = np.repeat(scene[None], segments, axis=0)
    for c, cells in (*scenario.distractors, (label, scenario.source)):
        lasting[cells] = LOOK**0.5 * looks[c] + INSTANCE**0.5 * _unit(rng, (width,))
    latent = rng.standard_normal(lasting.shape, "float32")
    latent *= np.float32(VISUAL_NEW**0.5)
    latent += lasting
    return activate(latent)


def _unit(rng, shape):
    return _standard(rng.standard_normal(shape, "float32"))


def _standard(vectors):
    vectors = vectors - vectors.mean(-1, keepdims=True)
    return vectors / np.maximum(vectors.std(-1, keepdims=True), 1e-6)
