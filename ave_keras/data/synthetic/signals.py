"""How a synthetic video sounds and looks: standard normal latents, and the map that gives them AVE's statistics.

A latent is a weighted sum of what the class, the video and the moment contribute; the shares add up to one, so every
latent is a standard normal number and `activate` alone decides the distribution of the features. Shares are variances.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ave_keras.data.synthetic.scenario import Scenario

# VGGish ends in a ReLU: 65 % of the numbers are 0, mean 0.122, standard deviation 0.262, maximum 4.5 (measured on the
# released background clips). `SCALE u (1 + CURVE u)`, u = max(z - CUT, 0), of a standard normal z has these moments on
# the 127 dimensions that are not always 0; the quadratic term gives the long tail. The same map serves the visual side,
# whose figures are not known.
CUT, SCALE, CURVE = 0.37789, 0.37124, 0.35419
DEAD_DIMENSION = 65

# Adjacent segments of the released audio features correlate by 0.70: most of a latent lasts, a fifth is new
# every segment.
AUDIO_NEW = 0.2
# Of the lasting part, the class has a third; room, microphone, other sounds and the source's own timbre have the rest.
# By the sound alone, half of the clips can be told when a few hundred were heard.
SOUND = 0.25
AMBIENCE = 1 - AUDIO_NEW - SOUND

# A cell: half of it is new every segment, the other half is the object there or, where there is none, the scene.
VISUAL_NEW = 0.5
# An object: its class against its own looks, which differ from video to video. One cell tells the class.
LOOK, INSTANCE = 0.4, 0.1
# A scene: what all its cells share against the cells' own. The first does not average out over the map, and so buries
# objects of a few cells in the mean, but not in the cells: this is what attention is good for.
SCENE, CELL = 0.12, 0.38

# Variance that a class shares with its twin: what differs is enough to be learnt from much data, and easily missed.
TWIN = 0.9
# What all sources have in common against ambience and scenes: near, loud, in focus. It shows that something is there
# before it shows what.
FOREGROUND = 0.3


def twins(classes: int, kind: str) -> list[tuple[int, int]]:
    """The pairs of classes that sound alike and look different (`"sound"`), or the reverse (`"look"`).

    Classes 0 and 1 sound alike, 2 and 3 look alike, 4 and 5 differ in both, and so on from 6.
    """
    first = {"sound": 0, "look": 2}[kind]
    return [(c, c + 1) for c in range(first, classes - 1, 6)]


def prototypes(rng: np.random.Generator, classes: int, width: int, kind: str) -> np.ndarray:
    """`(C, d)` float32, the classes' sounds or looks; every row has mean 0 and variance 1."""
    common, own = _unit(rng, (width,)), _unit(rng, (classes, width))
    for one, other in twins(classes, kind):
        own[other] = TWIN**0.5 * own[one] + (1 - TWIN) ** 0.5 * own[other]
    return _standard(FOREGROUND**0.5 * common + (1 - FOREGROUND) ** 0.5 * own)


def activate(latent: np.ndarray) -> np.ndarray:
    """Non-negative sparse features from standard normal latents, in place."""
    latent -= np.float32(CUT)
    np.maximum(latent, 0, out=latent)
    latent *= np.float32(SCALE) + np.float32(SCALE * CURVE) * latent
    return latent


def audio(rng: np.random.Generator, scenario: Scenario, sound: np.ndarray) -> np.ndarray:
    """`(T, d)` float32 features of what is heard; `sound (d,)` is the prototype of the class."""
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
    """`(T, H, W, d)` float32 features of what is seen; `looks` `(C, d)` are the prototypes."""
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
