"""Measures what the features of a video cost, by encoder."""

import resource
import time
import warnings
from collections.abc import Iterable
from pathlib import Path

from ave_keras.features.encoders import encoding, registry

# The encoders of the package with their options; random weights cost the same.
VISUAL = ("vgg19", "c3d")
RANDOM = {"weights": "random"}
AVE_VIDEOS, AVE_ROWS = 4097, 4143


def measure(visual: str, videos: Iterable[Path]) -> dict:
    """The cost of VGGish and one visual encoder per video; one video is encoded beforehand, to compile.

    Returns:
        `visual`, `seconds` and `cpu_seconds` per video, `hours` for AVE at this pace, and `gigabytes` for its rows in
        float32.
    """
    videos = list(videos)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*random weights")
        encoders = registry.audio_encoder("vggish", **RANDOM), registry.visual_encoder(visual, **RANDOM)
    encoding.encode(videos[0], *encoders)
    start, used = time.perf_counter(), _cpu_seconds()
    for video in videos:
        features = encoding.encode(video, *encoders)
    seconds, used = time.perf_counter() - start, _cpu_seconds() - used
    size = sum(array[:10].nbytes for array in features.values())
    return {
        "visual": visual,
        "seconds": seconds / len(videos),
        "cpu_seconds": used / len(videos),
        "hours": AVE_VIDEOS * seconds / len(videos) / 3600,
        "gigabytes": AVE_ROWS * size / 1e9,
    }


def _cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
